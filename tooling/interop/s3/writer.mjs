// A process that appends to a table on S3: `writer.mjs BUCKET PREFIX NAME COUNT`. The environment names the store. Prints each id that is stored.
import { writeSync } from 'node:fs'
import { batchFromRows } from '../../../packages/writer-core/dist/index.js'
import { deltaStorage } from '../../../packages/writer-storage-delta/dist/index.js'
import { s3Stores } from '../../../packages/writer-store-s3/dist/index.js'

const [bucket, prefix, name, count] = process.argv.slice(2)
const COLUMNS = [
  { name: 'id', type: 'string', nullable: true },
  { name: 'writer', type: 'string', nullable: true },
]
const stores = s3Stores({ bucket, prefix })
const storage = deltaStorage({ stores, threads: 1, maxCommitAttempts: 100 })
const table = await storage.openTable({ schema: 'logs', name: 'runs' }, { columns: COLUMNS, packSmallFiles: false })
for (let at = 0; at < Number(count); at++) {
  const id = `${name}-${at}`
  await table.append(batchFromRows(COLUMNS, [{ id, writer: name }]), { batchId: id })
  writeSync(1, `${id}\n`)
}
await storage.close()
