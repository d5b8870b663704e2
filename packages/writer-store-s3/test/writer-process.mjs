// A process that appends to a table on S3: `writer-process.mjs BUCKET PREFIX NAME COUNT`. Without a count it runs until it is killed, and changes the
// table in other ways too. The environment names the store. Prints each id that is stored.
import { writeSync } from 'node:fs'
import { batchFromRows } from '@forge/writer-core'
import { deltaStorage } from '@forge/writer-storage-delta'
import { s3Stores } from '@forge/writer-store-s3'

const [bucket, prefix, name, count = '0'] = process.argv.slice(2)
const COLUMNS = [{ name: 'id', type: 'string', nullable: false }]
const storage = deltaStorage({ stores: s3Stores({ bucket, prefix }), threads: 1, maxCommitAttempts: 1000 })
const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS, packSmallFiles: false })
const isEndless = count === '0'
for (let at = 0; isEndless || at < Number(count); at++) {
  const id = `${name}-${at}`
  const batch = batchFromRows(COLUMNS, [{ id }])
  if (isEndless && at % 3 === 2) await table.merge(batch, { keys: ['id'], whenMatched: 'update' }, { batchId: id })
  else await table.append(batch, { batchId: id })
  writeSync(1, `${id}\n`)
  if (isEndless && at % 5 === 4) await table.optimize()
}
await storage.close()
