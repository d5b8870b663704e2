import { isoFromMicros, microsFromDate } from '../time/instant.ts'
import type { CommitResult } from './commit.ts'

/** What a write resolves with that found no table and makes none. */
export function nothingWritten(): CommitResult {
  const figures = { rowsWritten: 0, rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, rowsSkipped: 0 }
  return { version: -1, alreadyWritten: false, timestamp: isoFromMicros(microsFromDate(new Date())), ...figures }
}
