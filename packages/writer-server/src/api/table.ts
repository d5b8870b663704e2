import type { TableSource } from '@forge/writer-core'
import type { TableState } from '../live/table-state.ts'

/** Reads facts about the table of the log. */
export async function readTable(source: TableSource, state: TableState) {
  const table = await source.table()
  const { exists, version, rowCount, sizeBytes, files } = await table.info()
  const tableFqn = `${table.ref.schema}.${table.ref.name}`
  return { tableFqn, exists, version, rows: exists ? rowCount : 0, sizeBytes, files, stateId: state.id }
}
