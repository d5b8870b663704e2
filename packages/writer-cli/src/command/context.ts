import type { LogWriter, TableSource, WriteHook, WriterConfig } from '@forge/writer-core'
import type { Host } from '../host.ts'
import type { Output } from '../output/output.ts'
import type { Settings } from './settings.ts'

/** What a command receives. Whatever it opens here is closed when it ends. */
export interface CommandContext<Options> {
  readonly options: Options
  readonly args: readonly string[]
  readonly output: Output
  /** The environment, working directory, standard input and clock. */
  readonly host: Host
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Loads all settings with their sources: flags, then environment, then file, then defaults. */
  settings(): Promise<Settings>
  /**
   * Opens the log table, read-only unless `write` is set. Throws WriterTableError if the file or its table does not exist, unless `mayBeMissing` or,
   * for the table alone, `tableMayBeMissing` is set.
   */
  openSource(options?: OpenSourceOptions): Promise<TableSource>
  /** Opens a writer for the log table; `config` overrides single settings. */
  openWriter(options?: OpenWriterOptions): Promise<LogWriter>
}

export interface OpenSourceOptions {
  readonly write?: boolean | undefined
  readonly mayBeMissing?: boolean | undefined
  readonly tableMayBeMissing?: boolean | undefined
  /** True if the command reports data loss on its own. If false, the default, a warning is printed and the exit code is 3. */
  readonly reportsLoss?: boolean | undefined
}

export interface OpenWriterOptions {
  readonly config?: Partial<WriterConfig> | undefined
  readonly hooks?: readonly WriteHook[] | undefined
}
