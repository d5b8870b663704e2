import type { WriterConfig } from '../config/writer-config.ts'
import type { LogRowInput } from '../log/row.ts'

export interface StreamOptions {
  readonly runId?: string
  /** Rows that trigger a flush. Default: `batchSize`. */
  readonly flushRows?: number
  /** Estimated bytes that trigger a flush. Default 16 MiB. */
  readonly flushBytes?: number
  /** Age of the oldest buffered row that triggers a flush. Default 5000; 0 turns it off. */
  readonly flushIntervalMs?: number
}

/** Rows on their way: promised only when a flush has resolved. */
export interface LogStream extends AsyncDisposable {
  /** The settings by which the stream works: those of the writer when it was opened. `configure` acts on streams that are opened afterwards. */
  readonly config: WriterConfig
  /** Resolves when there is room for more: await it, and memory stays bounded. */
  write(rows: LogRowInput | Iterable<LogRowInput> | AsyncIterable<LogRowInput>): Promise<void>
  /** Resolves when every row given so far is durable. */
  flush(): Promise<void>
  close(): Promise<void>
  readonly bufferedRows: number
  /** Rows that are durable. */
  readonly rowsWritten: number
}
