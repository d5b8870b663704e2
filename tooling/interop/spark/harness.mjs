// What the checks of faults share: one table, and batches whose rows name them.
import { batchFromRows } from '../../../packages/writer-core/dist/index.js'
import { sparkStorage } from '../../../packages/writer-storage-spark/dist/index.js'

export const ROWS = 20
const COLUMNS = [
  { name: 'id', type: 'string', nullable: false },
  { name: 'row', type: 'int64', nullable: false },
]

/** Runs work with the table of a storage with these options. */
export async function withTable(options, work) {
  const storage = sparkStorage(options)
  try {
    return await work(await storage.openTable({ schema: 'logs', name: 'steps' }, { columns: COLUMNS }))
  } finally {
    await storage.close()
  }
}

export function append(table, id) {
  const rows = Array.from({ length: ROWS }, (_none, row) => ({ id, row }))
  return table.append(batchFromRows(COLUMNS, rows), { batchId: id })
}

/** Returns each stored batch with the number of its rows. */
export async function storedIn(table) {
  const groups = await table.aggregate({
    groupBy: [{ as: 'id', by: { kind: 'column', name: 'id' } }],
    measures: [{ as: 'rows', fn: 'count' }],
  })
  return groups.map(({ id, rows }) => [id, rows]).sort(([a], [b]) => (a < b ? -1 : 1))
}
