import {
  isWriterError,
  WriterConcurrencyError,
  WriterConfigurationError,
  type WriterError,
  type WriterErrorOptions,
  WriterPerformanceError,
  WriterSchemaError,
  WriterTableError,
  WriterUnsupportedError,
} from '@forge/writer-core'
import {
  CONFLICTS,
  type EngineErrorKind,
  ERROR_TYPES,
  FAILED_COMMIT,
  FILE_RULES,
  INVALIDATED,
  REPLAYING,
  UNWRITTEN,
} from './error-rules.ts'

export type { EngineErrorKind } from './error-rules.ts'

/** Classifies an error of the engine, or of the operating system, by its text. */
export function engineErrorKind(error: unknown): EngineErrorKind {
  const text = error instanceof Error ? error.message : String(error)
  const isSystem = (error as NodeJS.ErrnoException | undefined)?.syscall !== undefined
  if (isSystem) return fileErrorKind(text)
  const type = /^([A-Z][A-Za-z ]*) Error: /.exec(text)?.[1]
  const rest = type === undefined ? text : text.slice(type.length + ' Error: '.length)
  if (type === 'IO') return isInvalidated(rest) ? 'fatal' : fileErrorKind(rest)
  if (type === 'TransactionContext') return transactionErrorKind(rest)
  if (type === undefined) return isInvalidated(text) ? 'fatal' : 'other'
  const kind = ERROR_TYPES[type] ?? 'other'
  return rest.startsWith(REPLAYING) && MISFITS.has(kind) ? 'foreignLog' : kind
}

/** Kinds of errors of statements that do not fit the existing tables. */
const MISFITS: ReadonlySet<EngineErrorKind> = new Set(['schema', 'constraint', 'conversion', 'outOfRange'])

function isInvalidated(text: string): boolean {
  return INVALIDATED.some((words) => text.includes(words))
}

function transactionErrorKind(text: string): EngineErrorKind {
  if (isInvalidated(text)) return 'fatal'
  const reason = text.startsWith(FAILED_COMMIT) ? text.slice(FAILED_COMMIT.length) : text
  // The commit could not be written into the log.
  if (UNWRITTEN.some((words) => reason.startsWith(words))) return fileErrorKind(reason)
  return CONFLICTS.some((words) => reason.includes(words)) ? 'conflict' : 'other'
}

function fileErrorKind(text: string): EngineErrorKind {
  const isIn = (each: string) => text.includes(each)
  const rule = FILE_RULES.find(
    ({ words, after = '', systemWords = [] }) => words.some(isIn) || (isIn(after) && systemWords.some(isIn)),
  )
  return rule?.kind ?? 'io'
}

/**
 * Converts an engine error to a WriterError, and returns a WriterError as it is. `doing` names the failed action, for example `append to
 * analytics.logs`.
 */
export function fromEngineError(error: unknown, doing: string, options: WriterErrorOptions = {}): WriterError {
  if (isWriterError(error)) return error
  const kind = engineErrorKind(error)
  const details: WriterErrorOptions = { ...options, cause: error, context: { ...options.context, engineError: kind } }
  switch (kind) {
    case 'locked':
      return inUse(doing, error, details)
    case 'noLocks':
      return new WriterTableError(`${doing}: the file system does not support locks`, {
        ...details,
        suggestions: [
          'Keep the database on a file system that supports locks, such as a local disk.',
          'Or use Delta tables, which need no locks.',
        ],
      })
    case 'newerVersion':
      return newerVersion(doing, error, details)
    case 'conflict':
      return new WriterConcurrencyError(`${doing}: another transaction changed the same rows`, details)
    case 'fatal':
      return new WriterTableError(`${doing}: the engine stopped and must be opened again`, {
        ...details,
        transient: true,
      })
    case 'noSpace':
      return new WriterTableError(`${doing}: no space left on the device`, {
        ...details,
        suggestions: ['Free some space. No acknowledged row is lost.'],
      })
    case 'otherVersion':
    case 'noDatabase':
    case 'foreignLog':
    case 'damagedLog':
    case 'damaged':
    case 'denied':
    case 'io':
      return unusableFile(error, doing, details)
    case 'memory':
      return new WriterPerformanceError(`${doing}: the engine reached its memory limit`, {
        ...details,
        suggestions: ['Raise memoryFraction, or write fewer rows at once.'],
      })
    case 'interrupted':
      return new WriterPerformanceError(`${doing}: interrupted`, details)
    case 'constraint':
    case 'conversion':
    case 'outOfRange':
    case 'schema':
      return new WriterSchemaError(`${doing}: values or columns do not fit the table`, details)
    case 'input':
      return new WriterConfigurationError(`${doing}: the engine rejected a value or a pattern`, details)
    case 'other':
      return new WriterTableError(`${doing}: the engine failed`, details)
  }
}

/** Returns the id of the process that holds a file, if the engine reports it. */
export function lockHolder(error: unknown): number | undefined {
  const found = /\(PID (\d+)\)/.exec(String(error))?.[1]
  return found === undefined ? undefined : Number(found)
}

/** Returns the error of a busy file, with the process id if the engine reports it. */
function inUse(doing: string, error: unknown, details: WriterErrorOptions): WriterConcurrencyError {
  const processId = lockHolder(error)
  if (processId === undefined) return new WriterConcurrencyError(`${doing}: another process holds the file`, details)
  return new WriterConcurrencyError(`${doing}: the file is in use by process ${processId}`, {
    ...details,
    context: { ...details.context, processId },
  })
}

/** Returns the error of a newer file, with the versions if the engine reports them. */
function newerVersion(doing: string, error: unknown, details: WriterErrorOptions): WriterUnsupportedError {
  const [, found, from, to] =
    /version number (\d+), but we can only read versions between (\d+) and (\d+)/.exec(String(error)) ?? []
  const versions = found === undefined ? '' : ` (storage version ${found}, this one reads ${from}-${to})`
  return new WriterUnsupportedError(`${doing}: the file was written by a newer DuckDB${versions}`, {
    ...details,
    ...(found !== undefined && {
      context: { ...details.context, storageVersion: Number(found), readableVersions: [Number(from), Number(to)] },
    }),
    suggestions: [
      'Read it with a newer release of forge-writer, or copy it to an older storage version with the newer DuckDB.',
    ],
  })
}

const REASONS: readonly (readonly [pattern: RegExp, reason: string, words: string])[] = [
  [/Permission denied|EACCES|EPERM/, 'permissionDenied', 'permission denied'],
  [/not a valid DuckDB database/i, 'notDatabase', 'not a DuckDB database'],
  [/Corrupt WAL|replaying|WAL/, 'unreadableLog', 'the write-ahead log cannot be replayed'],
  [/Corrupt database file|Could not read enough bytes/, 'damaged', 'the file is damaged'],
  [/version number|storage version/i, 'otherVersion', 'written by another version of DuckDB'],
  [/Is a directory|EISDIR/i, 'pathIsFolder', 'the path is a folder'],
  [/Not a directory|ENOTDIR|EEXIST/i, 'parentIsFile', 'a parent of the path is a file'],
  [/Read-only file system|EROFS/i, 'readOnlyFileSystem', 'the file system is read-only'],
  [/No such file|ENOENT/i, 'notFound', 'file not found'],
]

/** Adds the reason in fixed words, as the engine's text may contain data, and its code to the context. */
function unusableFile(error: unknown, doing: string, details: WriterErrorOptions): WriterTableError {
  const text = error instanceof Error ? error.message : String(error)
  const message = `${doing}: the file cannot be read or written`
  const found = REASONS.find(([pattern]) => pattern.test(text))
  if (!found) return new WriterTableError(message, details)
  const [, reason, words] = found
  return new WriterTableError(`${message} (${words})`, { ...details, context: { ...details.context, reason } })
}
