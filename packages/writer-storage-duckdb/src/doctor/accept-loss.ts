import { randomUUID } from 'node:crypto'
import type { KnownLoss } from '@forge/writer-core'
import type { Session } from '../engine/session.ts'
import { attachSql } from '../file/attach-sql.ts'
import { openMark } from '../file/high-water-mark.ts'
import { CATALOG, OWN_SCHEMA } from '../journal/journal-sql.ts'
import { addToJournal, readJournalState } from '../journal/journal-state.ts'

/** Adds a journal entry that records the accepted loss, and sets the mark to the current end of the file. */
export async function acceptLoss(
  path: string,
  { session }: { readonly session: Session },
  { commits, detail }: KnownLoss,
): Promise<void> {
  await session.run(attachSql(path, CATALOG))
  try {
    const journal = await readJournalState(session)
    // The version of the storage's own entries is the sequence of the file.
    const ref = { schema: OWN_SCHEMA, name: 'journal' }
    const table = { ref, version: journal.sequence, rowCount: 0, exists: false }
    const commit = { batchId: randomUUID(), note: { accepted: detail, commits: String(commits) } }
    await session.transaction(() => addToJournal(session, journal, table, 'repair', commit, { rowsInserted: 0 }, 0))
    const mark = openMark(path)
    mark.write({ sequence: journal.sequence, commitId: journal.commitId, rowsAdded: journal.rowsAdded })
    mark.close()
  } finally {
    await session.run(`detach database if exists ${CATALOG}`)
  }
}
