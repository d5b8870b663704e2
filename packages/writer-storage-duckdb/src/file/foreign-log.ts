import { linkSync } from 'node:fs'
import { WriterTableError } from '@forge/writer-core'
import { temporaryPath } from '@forge/writer-core/storage'
import type { Session } from '../engine/session.ts'
import { type ChainBreak, chainBreaks } from '../journal/commit-chain.ts'
import { CATALOG } from '../journal/journal-sql.ts'
import { type JournalState, readJournalState } from '../journal/journal-state.ts'
import { attachReadOnlySql } from './attach-sql.ts'
import { logPath } from './database-path.ts'
import { isLogOfOtherProgram } from './log-origin.ts'

/**
 * Throws WriterTableError if the log does not belong to the file: it is the log of another program, of another database, or of another state of this
 * one. `session` has file and log attached for reading, with these breaks in their chain, and has them attached again afterwards.
 */
export async function refuseForeignLog(path: string, session: Session, breaks: readonly ChainBreak[]): Promise<void> {
  if (await isLogOfOtherProgram(logPath(path))) throw foreignLog(path, {})
  if (breaks.length === 0) return
  // A process that opens a file twice loses its lock as soon as it closes one of them.
  await session.run(`detach database ${CATALOG}`)
  const file = await readWithoutLog(path, session)
  const own = new Set(file?.breaks.map(({ sequence, commitId }) => `${sequence} ${commitId}`))
  const [foreign] = breaks.filter(({ sequence, commitId }) => !own.has(`${sequence} ${commitId}`))
  if (foreign) {
    throw foreignLog(path, {
      ...(file && { fileCommit: { sequence: file.journal.sequence, commitId: file.journal.commitId } }),
      logCommit: { sequence: foreign.sequence, commitId: foreign.commitId },
    })
  }
  await session.run(attachReadOnlySql(path, CATALOG))
}

/** Returns the error of a log that does not belong to its file. */
export function foreignLog(
  path: string,
  context: Readonly<Record<string, unknown>>,
  cause?: unknown,
): WriterTableError {
  return new WriterTableError(
    `${logPath(path)} does not belong to ${path}: its commits do not follow those of the file`,
    {
      committed: 'no',
      cause,
      context: { engineError: 'foreignLog', path, log: logPath(path), ...context },
      suggestions: [
        'Restore a file and a log that belong together.',
        'If another DuckDB program wrote to the file and was stopped, open the file with that program once.',
        'Run repair() to set the log aside; the file is then read without it.',
      ],
    },
  )
}

interface FileJournal {
  readonly journal: JournalState
  readonly breaks: readonly ChainBreak[]
}

/** Reads the journal of the file without its log, through a hard link that has no log. Returns undefined if no hard link can be made. */
async function readWithoutLog(path: string, session: Session): Promise<FileJournal | undefined> {
  using file = temporaryPath(path)
  const alone = file.path
  const catalog = 'alone'
  try {
    linkSync(path, alone)
  } catch {
    return undefined
  }
  try {
    await session.run(attachReadOnlySql(alone, catalog))
    const journal = await readJournalState(session, { catalog })
    return { journal, breaks: journal.exists ? await chainBreaks(session, journal.fileId, catalog) : [] }
  } finally {
    await session.run(`detach database if exists ${catalog}`).catch(() => undefined)
  }
}
