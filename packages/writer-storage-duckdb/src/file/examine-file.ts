import type { KnownLoss } from '@forge/writer-core'
import type { Session } from '../engine/session.ts'
import { chainBreaks } from '../journal/commit-chain.ts'
import { type JournalState, readJournalState } from '../journal/journal-state.ts'
import { hasLog } from './database-path.ts'
import { refuseForeignLog } from './foreign-log.ts'
import { readMark } from './high-water-mark.ts'
import { knownLoss } from './known-loss.ts'

/**
 * Reads the end of the journal and compares it with what is known outside of the file. A file that ends with the commit of its mark has all before it;
 * of all others, and of those with a log, the whole chain of commits is read. Throws WriterTableError for a log that is not of the file; what was
 * attached is let go of then.
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
