import type { Connections } from './connection/connections.ts'

/** The parts that the tables of a storage share. */
export interface ServerHost {
  readonly connections: Connections
  readonly location: string
  /** Says whether this process has seen the journal. */
  readonly journal: { isKnown: boolean }
  lockTimeoutMs(): number
  /** Throws WriterTableError if the storage is closed. */
  assertOpen(): void
  /** Throws WriterUnsupportedError if the storage was opened with `readOnly`. */
  assertWritable(): void
}
