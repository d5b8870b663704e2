// One process that writes to a table: `append` counts up, `mix` does more, and without a count until it is killed. Acknowledges on stdout what is stored.
import { writeSync } from 'node:fs'
import { batchFromRows } from '@forge/writer-core'
import { deltaStorage } from '@forge/writer-storage-delta'

const [path, mode, worker, count, checkpointInterval = '20'] = process.argv.slice(2)
const COLUMNS = [
  { name: 'id', type: 'string', nullable: false },
  { name: 'worker', type: 'string', nullable: false },
]
const storage = deltaStorage({
  path,
  parallelWriteThreads: 1,
  maxCommitAttempts: 1000,
  tableProperties: { 'delta.checkpointInterval': checkpointInterval },
})
const table = await storage.openTable({ schema: 'logs', name: 'runs' }, { columns: COLUMNS })
const row = (id) => batchFromRows(COLUMNS, [{ id, worker }])
const acknowledge = (id) => writeSync(1, `${id}\n`)

if (mode === 'optimize') {
  for (let round = 0; round < Number(count); round++) await table.optimize()
} else {
  const isEndless = mode === 'mix' && Number(count) === 0
  for (let index = 0; isEndless || index < Number(count); index++) {
    const id = `${worker}-${index}`
    if (mode === 'mix' && index % 5 === 4)
      await table.merge(row(id), { keys: ['id'], whenMatched: 'update' }, { batchId: id })
    else await table.append(row(id), { batchId: id })
    acknowledge(id)
    if (mode === 'mix' && index % 7 === 6) await table.optimize()
    if (mode === 'mix' && index % 11 === 10) await table.vacuum({ retentionHours: 0, allowShortRetention: true })
  }
}
await storage.close()
