import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { type DoctorCheck, isWriterError } from '@forge/writer-core'
import { engineErrorKind, fromEngineError } from '../engine/engine-errors.ts'
import type { EngineErrorKind } from '../engine/error-rules.ts'
import { logPath, otherNames } from '../file/database-path.ts'
import { missingFileLoss } from '../file/known-loss.ts'

/** Returns the checks that need no open database. */
export function surroundingChecks(path: string): DoctorCheck[] {
  return [fileCheck(path), ...nameChecks(path), leftoverCheck(path)]
}

function fileCheck(path: string): DoctorCheck {
  if (existsSync(path)) return { name: 'file', status: 'ok', detail: path }
  if (existsSync(logPath(path))) {
    return {
      name: 'file',
      status: 'problem',
      detail: 'the write-ahead log exists, but its database is missing',
      suggestion: 'Put the database back next to the log, or set the log aside with repair().',
    }
  }
  const lost = missingFileLoss(path)
  if (!lost) return { name: 'file', status: 'ok', detail: `${path} does not exist yet` }
  return {
    name: 'file',
    status: 'problem',
    detail: lost.detail,
    suggestion: 'Restore the file from a copy. Otherwise the next write starts a new one.',
  }
}

/** Reports names in other folders: their write-ahead logs cannot be checked from here. */
function nameChecks(path: string): DoctorCheck[] {
  const links = statSync(path, { throwIfNoEntry: false })?.nlink ?? 1
  const elsewhere = links - 1 - otherNames(path).length
  if (links === 1 || elsewhere <= 0) return []
  return [
    {
      name: 'names',
      status: 'warning',
      detail: `the file has ${elsewhere} more names (hard links) in other folders, and a write-ahead log there may hold commits`,
      suggestion: 'Open the database by one name only.',
    },
  ]
}

/** Returns the unfinished files of killed processes. */
export function leftovers(path: string): string[] {
  if (!existsSync(dirname(path))) return []
  const start = `.${basename(path)}.`
  return readdirSync(dirname(path)).filter((name) => name.startsWith(start) && /\.tmp(\.wal)?$/.test(name))
}

function leftoverCheck(path: string): DoctorCheck {
  const { length } = leftovers(path)
  if (length === 0) return { name: 'leftovers', status: 'ok', detail: 'no unfinished files' }
  return {
    name: 'leftovers',
    status: 'warning',
    detail: `${length} unfinished files next to the database`,
    suggestion: 'repair() removes them.',
  }
}

/** Classifies an error that was thrown while the file was opened. */
export function openingErrorKind(error: unknown): EngineErrorKind | 'other' {
  if (isWriterError(error, 'CONCURRENCY')) return 'locked'
  const kind = (error as { context?: { engineError?: EngineErrorKind } }).context?.engineError
  return kind ?? engineErrorKind((error as { cause?: unknown }).cause ?? error)
}

const LOG_ADVICE = 'repair() keeps copies of the files and all commits before the damage.'
const COPY_ADVICE = 'Restore the file from a copy.'

/** The advice for each kind of damage. Other errors bring their own advice, as the file may be intact. */
const ADVICE: Readonly<Partial<Record<EngineErrorKind, string>>> = {
  damagedLog: LOG_ADVICE,
  damaged: COPY_ADVICE,
  noDatabase: COPY_ADVICE,
}

/** Returns the check of a database that cannot be opened. The status is `busy` if the file is in use, as nothing is known of it then. */
export function failedOpening(path: string, error: unknown): DoctorCheck {
  const problem = fromEngineError(error, 'opening', { context: { path } })
  const kind = openingErrorKind(error)
  const suggestion = ADVICE[kind] ?? problem.suggestions.join(' ')
  return {
    name: 'opens',
    status: kind === 'locked' ? 'busy' : 'problem',
    detail: problem.message,
    ...(suggestion !== '' && { suggestion }),
  }
}
