import type { WriterConfig } from '../config/writer-config.ts'
import type { LogRowInput } from '../log/row.ts'

/** The options of a stream. */
export interface StreamOptions {
  /** The run id of rows that have none. Default: generated per stream. */
  readonly runId?: string | undefined
  /**
   * Number of rows that triggers a flush, and maximum number of rows of one. Default: `batchSize` rows trigger it; while a flush is running, more
   * rows gather, up to an eighth of `flushBytes`, and are flushed together.
   */
  readonly flushRows?: number | undefined
  /** Estimated bytes that trigger a flush. Default 16 MiB. */
  readonly flushBytes?: number | undefined
  /** Age of the oldest buffered row that triggers a flush, in milliseconds. Default 5000; 0 turns it off. */
  readonly flushIntervalMs?: number | undefined
}

/** A stream of rows; they are guaranteed to be stored only after a flush has resolved. */
export interface LogStream extends AsyncDisposable {
  /** The settings of the stream: those of the writer when it was opened. `configure` affects only streams that are opened afterwards. */
  readonly config: WriterConfig
  /** The location of the storage, as `storage.location` of the writer. */
  readonly location: string
  /** False once `close` is called; true again if it fails. */
  readonly isOpen: boolean
  /**
   * Adds rows. Resolves when there is room for more: awaiting it applies backpressure and keeps memory bounded. An array is added several times faster
   * than other sources, and completely, up to its first invalid row: an error of the storage is thrown once its rows are buffered.
   */
  write(rows: LogRowInput | Iterable<LogRowInput> | AsyncIterable<LogRowInput>): Promise<void>
  /** Resolves when all rows so far are durable. */
  flush(): Promise<void>
  /** Flushes the rows and closes the stream. */
  close(): Promise<void>
  /** Number of rows that are not durable yet. */
  readonly bufferedRows: number
  /** Number of durable rows. */
  readonly rowsWritten: number
}
