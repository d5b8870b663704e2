import type { SharedFile } from './shared-file.ts'

/** The parts that a table shares with the storage that opened it. */
export interface TableHost {
  readonly database: SharedFile
  readonly readOnly: boolean
  readonly storageVersion: string | undefined
  deadline(): number
  /** Throws WriterTableError once the storage is closed. */
  assertOpen(): void
}
