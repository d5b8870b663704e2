// A process that writes to a table. Its mode is `append` (counts up), `mix` (other operations too), `grow` (appends and packs small files) or `own`
// (changes only its own rows, with few attempts). Without a count it runs until it is killed. Prints each stored id, or `-` and each deleted id.
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { batchFromRows } from '@forge/writer-core'
import { deltaStorage } from '@forge/writer-storage-delta'

const [path, mode, worker, count, checkpointInterval = '20'] = process.argv.slice(2)
const COLUMNS = [
  { name: 'id', type: 'string', nullable: false },
  { name: 'worker', type: 'string', nullable: false },
]
const storage = deltaStorage({
  path,
  threads: 1,
  maxCommitAttempts: mode === 'own' ? 2 : 1000,
  tableProperties: { 'delta.checkpointInterval': checkpointInterval },
})
const table = await storage.openTable(
  { schema: 'logs', name: 'runs' },
  { columns: COLUMNS, packSmallFiles: mode === 'grow' },
)
const row = (id) => batchFromRows(COLUMNS, [{ id, worker }])
const acknowledge = (id) => writeSync(1, `${id}\n`)

const mine = {
  op: 'compare',
  operator: '=',
  left: { kind: 'column', name: 'worker' },
  right: { kind: 'literal', value: worker },
}

if (mode === 'own') {
  for (let index = 0; index < Number(count); index++) {
    const id = `${worker}-${index}`
    if (index % 5 === 3) await table.delete(mine, { batchId: id })
    else if (index % 5 === 4)
      await table.merge(row(id), { keys: ['worker', 'id'], whenMatched: 'update' }, { batchId: id })
    else await table.append(row(id), { batchId: id })
    acknowledge(index % 5 === 3 ? `-${worker}` : id)
  }
} else if (mode === 'optimize') {
  for (let round = 0; round < Number(count); round++) await table.optimize()
} else {
  const isEndless = mode !== 'append' && Number(count) === 0
  for (let index = 0; isEndless || index < Number(count); index++) {
    const id = `${worker}-${index}`
    if (mode === 'mix' && index % 5 === 4)
      await table.merge(row(id), { keys: ['id'], whenMatched: 'update' }, { batchId: id })
    else await table.append(row(id), { batchId: id })
    acknowledge(id)
    // In a pause small files are packed; the writes that follow, and the kill, meet the packing.
    if (mode === 'grow' && index % 8 === 7) await sleep(70)
    if (mode === 'mix' && index % 7 === 6) await table.optimize()
    if (mode === 'mix' && index % 11 === 10) await table.vacuum({ retentionHours: 0, allowShortRetention: true })
  }
}
await storage.close()
