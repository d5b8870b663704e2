import {
  isWriterError,
  WriterConcurrencyError,
  WriterConfigurationError,
  type WriterError,
  type WriterErrorOptions,
  WriterPerformanceError,
  WriterSchemaError,
  WriterTableError,
} from '@forge/writer-core'

/**
 * What an error of the engine means. Its messages start with a kind and carry no code; the rest of the text echoes data values, so it stays in
 * `cause`. `fatal`: the engine must be closed and opened again.
 */
export type EngineErrorKind =
  | 'fatal'
  | 'locked'
  | 'noSpace'
  | 'io'
  | 'conflict'
  | 'constraint'
  | 'conversion'
  | 'outOfRange'
  | 'schema'
  | 'memory'
  | 'interrupted'
  | 'input'
  | 'other'

/** Classifies an error by the prefix of its text. */
export function engineErrorKind(error: unknown): EngineErrorKind {
  const text = error instanceof Error ? error.message : String(error)
  if (/^(FATAL|INTERNAL) Error:/.test(text) || text.includes('database has been invalidated')) return 'fatal'
  const isSystem = (error as NodeJS.ErrnoException | undefined)?.syscall !== undefined
  // A commit that could not be written into the log.
  const isUnwritten = /^TransactionContext Error: Failed to commit: Could not (write|sync|truncate|flush)/.test(text)
  if (isSystem || isUnwritten || /^IO Error:/.test(text)) {
    if (text.includes('Could not set lock')) return 'locked'
    return /No space left|not enough space|Disk quota|ENOSPC|EDQUOT/i.test(text) ? 'noSpace' : 'io'
  }
  if (/^TransactionContext Error:/.test(text)) return /conflict/i.test(text) ? 'conflict' : 'other'
  if (/^Constraint Error:/.test(text)) return 'constraint'
  if (/^Conversion Error:/.test(text)) return 'conversion'
  if (/^Out of Range Error:/.test(text)) return 'outOfRange'
  if (/^(Binder|Catalog|Mismatch Type|Dependency) Error:/.test(text)) return 'schema'
  if (/^Out of Memory Error:/.test(text)) return 'memory'
  if (/^INTERRUPT Error:/.test(text)) return 'interrupted'
  return /^(Invalid Input|Parser|Not implemented) Error:/.test(text) ? 'input' : 'other'
}

/** Ours in place of an engine's error; errors of ours pass as they are. `doing` completes "… failed", such as `append to analytics.logs`. */
export function fromEngineError(error: unknown, doing: string, options: WriterErrorOptions = {}): WriterError {
  if (isWriterError(error)) return error
  const kind = engineErrorKind(error)
  const details: WriterErrorOptions = { ...options, cause: error, context: { ...options.context, engineError: kind } }
  switch (kind) {
    case 'locked':
      return new WriterConcurrencyError(`${doing}: another process holds the file`, details)
    case 'conflict':
      return new WriterConcurrencyError(`${doing}: another transaction changed the same rows`, details)
    case 'fatal':
      return new WriterTableError(`${doing}: the engine stopped and has to be opened again`, {
        ...details,
        transient: true,
      })
    case 'noSpace':
      return new WriterTableError(`${doing}: no space left on the device`, {
        ...details,
        suggestions: ['Free some space; nothing that was acknowledged is lost.'],
      })
    case 'io':
      return new WriterTableError(`${doing}: the file cannot be read or written${inputOutputReason(error)}`, details)
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
      return new WriterConfigurationError(`${doing}: the engine refused a value or a pattern`, details)
    case 'other':
      return new WriterTableError(`${doing}: the engine failed`, details)
  }
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/Permission denied|EACCES|EPERM/, 'permission denied'],
  [/not a valid DuckDB database/i, 'it is no DuckDB database'],
  [/newer version of DuckDB|version number|storage version/i, 'it was written by another version of DuckDB'],
  [/Is a directory|EISDIR/i, 'it is a folder'],
  [/Not a directory|ENOTDIR|EEXIST/i, 'what should be its folder is a file'],
  [/Read-only file system|EROFS/i, 'the file system is read-only'],
  [/No such file|ENOENT/i, 'it is not there'],
]

/** The reason in words of ours; the engine's text echoes what it read. */
function inputOutputReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const reason = REASONS.find(([pattern]) => pattern.test(text))?.[1]
  return reason === undefined ? '' : ` (${reason})`
}
