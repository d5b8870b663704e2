import type { WriterConfig } from '../config/writer-config.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import type { Logger } from '../logger/logger.ts'
import type { LogTable } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'

/** Anything that has a log table: what the functions that read take. A writer is one, and so is `tableSource(...)`. */
export interface TableSource {
  readonly config: WriterConfig
  readonly storage: StorageBackend
  readonly logger: Logger
  /** The configured table, or `table` of the same schema. */
  table(options?: { readonly table?: string }): Promise<LogTable>
  /** `<table>_<suffix>` in the same storage, with these columns where it is new. */
  companion(suffix: string, columns: readonly ColumnDefinition[]): Promise<LogTable>
}

/** Returns `source` with its settings of now, for a call that reads them after others had their turn. */
export function settledSource(source: TableSource): TableSource {
  const { config, storage, logger } = source
  return {
    config,
    storage,
    logger,
    table: (asked) => source.table(asked),
    companion: (suffix, columns) => source.companion(suffix, columns),
  }
}
