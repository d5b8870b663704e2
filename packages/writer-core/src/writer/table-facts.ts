import { capabilitiesOf } from '../storage/capabilities.ts'
import type { LogTable } from '../storage/log-table.ts'
import { megabytes } from '../storage/table-info.ts'
import type { LogTableInfo } from './log-writer.ts'

/** Returns the facts about a table for the guide's `get_table_info`. */
export async function logTableInfo(table: LogTable): Promise<LogTableInfo> {
  const { exists, rowCount, columns, sizeBytes, files, version, location, lost } = await table.info()
  return {
    exists,
    tableFqn: `${table.ref.schema}.${table.ref.name}`,
    rowCount,
    columns: columns.map(({ name }) => name),
    schema: columns,
    sizeMb: megabytes(sizeBytes),
    files,
    version,
    location,
    capabilities: capabilitiesOf(table),
    lost,
  }
}
