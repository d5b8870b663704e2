import type { TableSource, TableVersion } from '@forge/writer-core'
import { assertOptions, megabytes, option } from '@forge/writer-core/storage'
import { TABLE_CHECK } from '../reading/table-option.ts'

export interface TableHistoryOptions {
  /** The maximum number of versions to return, newest first. Default 10. */
  readonly limit?: number | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
}

/** The versions of the log table, newest first, each with its time, writer and batch. */
export interface TableHistoryReport {
  readonly available: boolean
  /** The guide's name of `available`. */
  readonly historyAvailable: boolean
  /** The reason why there is no history. */
  readonly reason?: string | undefined
  readonly tableFqn: string
  readonly totalVersions: number
  readonly versions: readonly HistoryVersion[]
}

/** One version; `rowCount` and `sizeMb` are the table's at that version. */
export interface HistoryVersion extends TableVersion {
  readonly sizeMb: number
}

/**
 * Lists the newest versions of the table. For a storage without history, or a table without versions, `available` is false and `reason` says why.
 * Throws WriterConfigurationError for a wrong limit.
 */
export async function getTableHistory(
  source: TableSource,
  options: TableHistoryOptions = {},
): Promise<TableHistoryReport> {
  assertOptions('getTableHistory', options, { ...TABLE_CHECK, limit: option.whole({ min: 0 }) })
  const { limit = 10, table: name } = options
  const table = await source.table({ table: name })
  const tableFqn = `${table.ref.schema}.${table.ref.name}`
  const none = { available: false, historyAvailable: false, tableFqn, totalVersions: 0, versions: [] }
  if (!table.history) return { ...none, reason: `${source.storage.name} storage keeps no history` }
  const { totalVersions, versions } = await table.history({ limit })
  if (totalVersions === 0) return { ...none, reason: `table ${tableFqn} has no versions` }
  return {
    available: true,
    historyAvailable: true,
    tableFqn,
    totalVersions,
    versions: versions.map((version) => ({ ...version, sizeMb: megabytes(version.sizeBytes) })),
  }
}
