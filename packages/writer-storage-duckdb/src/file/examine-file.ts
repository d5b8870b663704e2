import type { KnownLoss } from '@forge/writer-core'
import type { Session } from '../engine/session.ts'
import { chainBreaks } from '../journal/commit-chain.ts'
import { type JournalState, readJournalState } from '../journal/journal-state.ts'
import { hasLog } from './database-path.ts'
import { refuseForeignLog } from './foreign-log.ts'
import { readMark } from './high-water-mark.ts'
import { knownLoss } from './known-loss.ts'

/**
 * Reads the end of the journal and compares it with the mark. A file that ends with the commit of its mark is complete. For all other files, and for
 * files with a log, the whole chain of commits is checked. Throws WriterTableError if the log does not belong to the file; the caller then detaches
 * what is attached.
 */
export async function examineFile(
  path: string,
  session: Session,
): Promise<{ readonly journal: JournalState; readonly lost: KnownLoss | undefined }> {
  const mark = readMark(path)
  const journal = await readJournalState(session, { markedAt: mark?.sequence })
  const isAsMarked =
    mark?.sequence === journal.sequence && mark.commitId === journal.commitId && journal.commits === journal.sequence
  if (!journal.exists || (isAsMarked && !hasLog(path))) return { journal, lost: knownLoss(journal, mark, []) }
  const breaks = await chainBreaks(session, journal.fileId)
  if (hasLog(path)) await refuseForeignLog(path, session, breaks)
  return { journal, lost: knownLoss(journal, mark, breaks) }
}
