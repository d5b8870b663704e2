import { isoFromMicros, microsFromDate } from '../time/instant.ts'
import type { CommitResult } from './commit.ts'

/** Returns the result of a write that found no table and does not create one. */
export function nothingWritten(): CommitResult {
  const figures = { rowsWritten: 0, rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, rowsSkipped: 0 }
  return { version: -1, alreadyWritten: false, timestamp: isoFromMicros(microsFromDate(new Date())), ...figures }
}
