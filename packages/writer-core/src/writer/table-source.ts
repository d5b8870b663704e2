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
