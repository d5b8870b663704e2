// A process that appends to a table in PostgreSQL: `writer.mjs URL TABLE NAME COUNT ROWS`. Each commit has up to ROWS rows, and its batch id names it.
// Prints `id rows new|known` for each commit that is stored.
import { writeSync } from 'node:fs'
import { batchFromRows } from '../../../packages/writer-core/dist/index.js'
import { postgresStorage } from '../../../packages/writer-storage-postgres/dist/index.js'
import { COLUMNS, rowsOf } from './harness.mjs'

const [url, table, name, count, rows] = process.argv.slice(2)
const storage = postgresStorage({ url, maxConnections: 1 })
const log = await storage.openTable({ schema: 'logs', name: table }, { columns: COLUMNS })
for (let at = 0; at < Number(count); at++) {
  const id = `${name}-${at}`
  const size = rowsOf(id, Number(rows))
  const batch = batchFromRows(
    COLUMNS,
    Array.from({ length: size }, (_none, row) => ({ id, row, text: `${id} `.repeat(row % 50) })),
  )
  const { alreadyWritten } = await log.append(batch, { batchId: id })
  writeSync(1, `${id} ${size} ${alreadyWritten ? 'known' : 'new'}\n`)
}
await storage.close()
