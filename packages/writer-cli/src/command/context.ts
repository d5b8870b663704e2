import type { LogWriter, TableSource, WriteHook, WriterConfig } from '@forge/writer-core'
import type { Settings } from '../config/settings.ts'
import type { Host } from '../host.ts'
import type { Output } from '../output/output.ts'

/** What a command gets. What it opens here is closed when it ends. */
export interface CommandContext<Options> {
  readonly options: Options
  readonly args: readonly string[]
  readonly output: Output
  /** Environment, working directory, standard input, clock. */
  readonly host: Host
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** All settings with their origin: flags, then environment, then file, then defaults. */
  settings(): Promise<Settings>
  /**
   * The log table for reading, read-only. Throws WriterTableError where the file or the table in it does not exist, unless `mayBeMissing` or, for the
   * table alone, `tableMayBeMissing`; `write` opens it for changes such as optimize or delete.
   */
  openSource(options?: OpenSourceOptions): Promise<TableSource>
  /** A writer for the log table; `config` overrides single settings. */
  openWriter(options?: OpenWriterOptions): Promise<LogWriter>
}

export interface OpenSourceOptions {
  readonly write?: boolean
  readonly mayBeMissing?: boolean
  readonly tableMayBeMissing?: boolean
  /** The command reports by itself what the storage has lost. Default false: a warning does, and the exit code is that of a breach. */
  readonly reportsLoss?: boolean
}

export interface OpenWriterOptions {
  readonly config?: Partial<WriterConfig>
  readonly hooks?: readonly WriteHook[]
}
