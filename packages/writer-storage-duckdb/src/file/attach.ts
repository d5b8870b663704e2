import { accessSync, constants, existsSync, readdirSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WriterTableError } from '@forge/writer-core'
import { engineErrorKind, fromEngineError } from '../engine/engine-errors.ts'
import type { Session } from '../engine/session.ts'
import { CATALOG } from '../journal/journal-sql.ts'
import { msUntil } from '../lock/deadline.ts'
import { attachReadOnlySql, attachSql } from './attach-sql.ts'
import { hasLog, logPath, otherNames } from './database-path.ts'
import { foreignLog } from './foreign-log.ts'

/** Attaches file and log, waiting for engines outside of this package to let go of them. Throws what keeps it from that, with nothing changed. */
export async function attach(path: string, session: Session, readOnly: boolean, deadline: number): Promise<void> {
  refuseMisplacedLog(path)
  for (;;) {
    try {
      await session.run(readOnly ? attachReadOnlySql(path, CATALOG) : attachSql(path, CATALOG))
      return
    } catch (error) {
      const kind = engineErrorKind(error)
      if (kind === 'foreignLog') throw foreignLog(path, {}, error)
      if (kind === 'denied' && !readOnly) throw denied(path, error)
      const isLocked = kind === 'locked'
      if (!isLocked || msUntil(deadline) <= 0) {
        const details = { committed: 'no', context: { path } } as const
        throw fromEngineError(error, 'opening the database', isLocked ? { ...details, transient: false } : details)
      }
      await sleep(10 + Math.random() * 30)
    }
  }
}

/** A log belongs to the one name under which it was written. */
function refuseMisplacedLog(path: string): void {
  if (!existsSync(path) && existsSync(logPath(path))) {
    throw new WriterTableError('there is a write-ahead log without its database', {
      committed: 'no',
      context: { path },
      suggestions: ['Put the database back beside it, or move the log away.'],
    })
  }
  const other = otherNames(path).find(hasLog)
  if (other === undefined) return
  throw new WriterTableError(`${path} is ${other} too (a hard link), whose write-ahead log holds commits`, {
    committed: 'no',
    context: { path, other, log: logPath(other) },
    suggestions: [`Open ${other} once, which puts the log into the file.`, 'Use one name for a database.'],
  })
}

/** Says what may not be written, and how the file can be read all the same. */
function denied(path: string, cause: unknown): WriterTableError {
  const lacking = [
    ...(isAllowed(path, constants.R_OK) ? [] : ['the file may not be read']),
    ...(isAllowed(path, constants.W_OK) ? [] : ['the file may not be written']),
    ...(isAllowed(dirname(path), constants.W_OK) ? [] : [`nothing may be written into its folder ${dirname(path)}`]),
  ]
  const reason = lacking.length === 0 ? 'permission denied' : lacking.join(', and ')
  return new WriterTableError(`opening the database: the file cannot be read or written (${reason})`, {
    committed: 'no',
    cause,
    context: { engineError: 'denied', path },
    suggestions: isAllowed(path, constants.R_OK)
      ? ['Open the storage with readOnly to read it.', 'Allow this user to write the file and its folder.']
      : ['Allow this user to read the file.'],
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

/** Resolves when no descriptor of this process is on the file: only then may anybody open it again. */
export async function untilClosed(path: string): Promise<void> {
  for (let attempt = 0; hasOpen(path); attempt++) {
    if (attempt === 200)
      throw new WriterTableError('the engine does not let go of the database file', { context: { path } })
    await sleep(5)
  }
}

function hasOpen(path: string): boolean {
  if (process.platform !== 'linux') return false
  return readdirSync('/proc/self/fd').some((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`)
      return target === path || target === logPath(path)
    } catch {
      return false
    }
  })
}
