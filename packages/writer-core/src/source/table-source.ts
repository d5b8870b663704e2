import type { ColumnDefinition } from '../column/column-definition.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import type { Logger } from '../logger/logger.ts'
import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import type { LogTable, TableRef } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'

/** Anything that has a log table: the argument of functions that read. A writer is one, and so is `tableSource(...)`. */
export interface TableSource {
  readonly config: WriterConfig
  readonly storage: StorageBackend
  readonly logger: Logger
  /** Opens the configured table, or the table named `table` in the same schema. */
  table(options?: { readonly table?: string | undefined }): Promise<LogTable>
  /** Opens the companion table `<table>_<suffix>` in the same storage; these are its columns if it is new. */
  companion(suffix: string, columns: readonly ColumnDefinition[]): Promise<LogTable>
}

/** Returns the table that the options of {@link TableSource.table} name. Throws WriterConfigurationError if they are unknown or not valid. */
export function chooseTable(
  { schema, name }: TableRef,
  options: { readonly table?: string | undefined } = {},
): TableRef {
  assertOptions('table', options, { table: option.text })
  return { schema, name: options.table ?? name }
}

/** Returns `source` with its current settings, for a call that reads them later. */
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
