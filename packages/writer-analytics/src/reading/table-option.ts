import { assertOptions, type OptionChecks, option } from '@forge/writer-core/storage'

/** The option `table` alone. */
export interface TableOption {
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
}

export const TABLE_CHECK: OptionChecks<TableOption> = { table: option.text }

/** Throws WriterConfigurationError if the options of a function that has only `table` are unknown or not valid. */
export function assertTableOption(what: string, options: TableOption): void {
  assertOptions(what, options, TABLE_CHECK)
}
