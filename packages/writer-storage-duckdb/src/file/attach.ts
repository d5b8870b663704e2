import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WriterTableError } from '@forge/writer-core'
import { msUntil, traceWait } from '@forge/writer-core/lock'
import { engineErrorKind, fromEngineError, lockHolder } from '../engine/engine-errors.ts'
import type { Session } from '../engine/session.ts'
import { CATALOG } from '../journal/journal-sql.ts'
import { attachReadOnlySql, attachSql } from './attach-sql.ts'
import { hasLog, logPath, otherNames } from './database-path.ts'
import { foreignLog } from './foreign-log.ts'

/** Attaches file and log. Waits for other programs to release them. Throws a WriterError, with nothing changed, if they cannot be attached. */
export async function attach(path: string, session: Session, readOnly: boolean, deadline: number): Promise<void> {
  refuseMisplacedLog(path)
  const attempt = { path, session, readOnly, deadline }
  const busy = await attachUnlessLocked(attempt)
  if (busy === undefined) return
  await traceWait(`file:${path}`, async (wait) => {
    for (let error: unknown = busy; error !== undefined; error = await attachUnlessLocked(attempt)) {
      wait.holder = lockHolder(error)
      await sleep(10 + Math.random() * 30)
    }
  })
}

interface AttachAttempt {
  readonly path: string
  readonly session: Session
  readonly readOnly: boolean
  readonly deadline: number
}

/** Attaches the file. Returns the error of the engine if another program holds the file and there is time to wait. */
async function attachUnlessLocked({ path, session, readOnly, deadline }: AttachAttempt): Promise<unknown> {
  try {
    await session.run(readOnly ? attachReadOnlySql(path, CATALOG) : attachSql(path, CATALOG))
    return undefined
  } catch (error) {
    const kind = engineErrorKind(error)
    if (kind === 'foreignLog') throw foreignLog(path, {}, error)
    if (kind === 'denied' && !readOnly) throw permissionError(path, error)
    const isLocked = kind === 'locked'
    if (isLocked && msUntil(deadline) > 0) return error
    const details = { committed: 'no', context: { path } } as const
    throw fromEngineError(error, 'opening the database', isLocked ? { ...details, transient: false } : details)
  }
}

/**
 * Throws WriterTableError if the log of the file is next to another name of it, or has no file. A log belongs to the name under which it was written.
 */
function refuseMisplacedLog(path: string): void {
  if (!existsSync(path) && existsSync(logPath(path))) {
    throw new WriterTableError('the write-ahead log exists, but its database is missing', {
      committed: 'no',
      context: { path },
      suggestions: ['Put the database back next to the log, or move the log away.'],
    })
  }
  const other = otherNames(path).find(hasLog)
  if (other === undefined) return
  throw new WriterTableError(
    `${path} and ${other} are the same file (hard links), and the write-ahead log of ${other} holds commits`,
    {
      committed: 'no',
      context: { path, other, log: logPath(other) },
      suggestions: [`Open ${other} once to move the log into the file.`, 'Use one name for a database.'],
    },
  )
}

/** Returns the error that names the missing permission and, if possible, how to read the file nevertheless. */
function permissionError(path: string, cause: unknown): WriterTableError {
  const lacking = [
    ...(isAllowed(path, constants.R_OK) ? [] : ['no permission to read the file']),
    ...(isAllowed(path, constants.W_OK) ? [] : ['no permission to write the file']),
    ...(isAllowed(dirname(path), constants.W_OK) ? [] : [`no permission to write to its folder ${dirname(path)}`]),
  ]
  const reason = lacking.length === 0 ? 'permission denied' : lacking.join(', ')
  return new WriterTableError(`opening the database: the file cannot be read or written (${reason})`, {
    committed: 'no',
    cause,
    context: { engineError: 'denied', path },
    suggestions: isAllowed(path, constants.R_OK)
      ? ['Open the storage with readOnly to read it.', 'Grant this user write permission for the file and its folder.']
      : ['Grant this user read permission for the file.'],
  })
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
