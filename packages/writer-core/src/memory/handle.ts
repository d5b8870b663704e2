import { WriterTableError } from '../errors/kinds.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import type { TableOptions, TableRef } from '../storage/log-table.ts'
import type { Snapshot, Versions } from './versions.ts'

/** A table as one caller opened it; all its handles share the versions. */
export interface Handle {
  readonly versions: Versions
  readonly options: TableOptions
  latest(): Snapshot
  /** Throws WriterTableError if the storage or this handle is closed. */
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
