import type { LogTable } from '../storage/log-table.ts'
import type { LogTableInfo } from './log-writer.ts'

const CAPABILITIES = [
  'overwrite',
  'merge',
  'delete',
  'history',
  'at',
  'restore',
  'evolve',
  'migrate',
  'optimize',
  'vacuum',
  'analyze',
  'validateSchema',
  'exportTo',
] as const satisfies readonly (keyof LogTable)[]

/** Returns the facts about a table for the guide's `get_table_info`. */
export async function logTableInfo(table: LogTable): Promise<LogTableInfo> {
  const { exists, rowCount, columns, sizeBytes, files, version, location, lost } = await table.info()
  return {
    exists,
    tableFqn: `${table.ref.schema}.${table.ref.name}`,
    rowCount,
    columns: columns.map(({ name }) => name),
    schema: columns,
    sizeMb: sizeBytes / (1024 * 1024),
    files,
    version,
    location,
    capabilities: CAPABILITIES.filter((name) => table[name] !== undefined),
    ...(lost && { lost }),
  }
}
