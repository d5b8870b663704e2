// A process that writes to a table in PostgreSQL: `mixed-writer.mjs URL TABLE KIND NAME COUNT`. Its operations depend on KIND alone: `append` adds rows,
// `merge` changes the text of the rows of its name, `delete` appends rows and deletes them again. Each has a batch id of its own.
// Prints the number of each operation that is stored.
import { writeSync } from 'node:fs'
import { batchFromRows, eq } from '../../../packages/writer-core/dist/index.js'
import { postgresStorage } from '../../../packages/writer-storage-postgres/dist/index.js'
import { COLUMNS, rowsOf } from './harness.mjs'

const MAX_ROWS = 400
const [url, table, kind, name, count] = process.argv.slice(2)
const storage = postgresStorage({ url, maxConnections: 1 })
const log = await storage.openTable({ schema: 'logs', name: table }, { columns: COLUMNS })
const rowsNamed = (id, size, text) =>
  batchFromRows(
    COLUMNS,
    Array.from({ length: size }, (_none, row) => ({ id, row, text })),
  )

const OPERATIONS = {
  append: (_at, batchId) => log.append(rowsNamed(batchId, rowsOf(batchId, MAX_ROWS), name), { batchId }),
  merge: (at, batchId) =>
    log.merge(rowsNamed(name, MAX_ROWS, String(at)), { keys: ['id', 'row'], whenMatched: 'update' }, { batchId }),
  delete: (at, batchId) =>
    at % 2 === 0
      ? log.append(rowsNamed(name, MAX_ROWS, String(at)), { batchId })
      : log.delete(eq('id', name), { batchId }),
}

for (let at = 0; at < Number(count); at++) {
  await OPERATIONS[kind](at, `${name}-${at}`)
  writeSync(1, `${at}\n`)
}
await storage.close()
