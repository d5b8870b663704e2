import type { Channel } from './connect/channel.ts'
import type { SessionHolder } from './connect/session.ts'
import type { TableRoot } from './table/place.ts'

/** The parts that the tables of a storage share. */
export interface SparkHost {
  readonly channel: Channel
  /** The session of reads and appends. */
  readonly sessions: SessionHolder
  /** Runs a write that settings of its session describe: one at a time. */
  readonly changes: SessionHolder
  readonly root: TableRoot
  readonly location: string
  /** The time in milliseconds for which a call tries to get back to the server after the connection was lost. */
  readonly reconnectMs: number
  lockTimeoutMs(): number
  /** Throws WriterTableError if the storage is closed. */
  assertOpen(): void
  /** Throws WriterUnsupportedError if the storage was opened with `readOnly`. */
  assertWritable(): void
}
