import { WriterTableError } from '../errors/kinds.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import type { TableOptions, TableRef } from '../storage/log-table.ts'
import type { Snapshot, Versions } from './versions.ts'

/** A table as one caller has opened it, over versions that all its handles share. */
export interface Handle {
  readonly versions: Versions
  readonly options: TableOptions
  latest(): Snapshot
  /** Throws WriterTableError where the storage or this handle is closed. */
  assertOpen(): void
  close(): void
}

export function openHandle(
  ref: TableRef,
  versions: Versions,
  options: TableOptions,
  assertStorageOpen: () => void,
): Handle {
  let isClosed = false
  return {
    versions,
    options,
    latest: () => versions.latest(options.columns ?? LOG_COLUMNS),
    assertOpen() {
      assertStorageOpen()
      if (isClosed) throw new WriterTableError(`table ${ref.schema}.${ref.name} is closed`, { committed: 'no' })
    },
    close() {
      isClosed = true
    },
  }
}
