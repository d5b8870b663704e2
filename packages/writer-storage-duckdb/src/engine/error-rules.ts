/**
 * What an error of the engine means. Its messages start with the name of a type and carry no code; the rest of the text echoes data values, so it stays
 * in `cause`. `fatal`: the file, or the whole engine, must be closed and opened again.
 */
export type EngineErrorKind =
  | 'fatal'
  | 'locked'
  | 'noLocks'
  | 'noSpace'
  | 'newerVersion'
  | 'otherVersion'
  | 'noDatabase'
  | 'foreignLog'
  | 'damagedLog'
  | 'damaged'
  | 'denied'
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

export interface EngineErrorRule {
  readonly kind: EngineErrorKind
  /** Words of the engine's own, as they stand in its library; a message that has one of them is of this kind. */
  readonly words: readonly string[]
  /** Words of the operating system, which stand after those of the engine. */
  readonly systemWords?: readonly string[]
  /** Words of the engine's that have to stand before those of the system. */
  readonly after?: string
}

/** Types of errors, as the engine names them before `Error:`, that say enough alone. */
export const ERROR_TYPES: Readonly<Record<string, EngineErrorKind>> = {
  FATAL: 'fatal',
  INTERNAL: 'fatal',
  Constraint: 'constraint',
  Conversion: 'conversion',
  'Out of Range': 'outOfRange',
  Binder: 'schema',
  Catalog: 'schema',
  'Mismatch Type': 'schema',
  Dependency: 'schema',
  'Out of Memory': 'memory',
  INTERRUPT: 'interrupted',
  'Invalid Input': 'input',
  Parser: 'input',
  'Not implemented': 'input',
}

/** What the engine says when the database, or all of the engine, can no longer be used; of any type of error. */
export const INVALIDATED = [
  'has been invalidated because checkpointing failed',
  'The database has been invalidated',
  'database has been invalidated because of a previous fatal error',
] as const

/** The phrase that starts the message of a failed log replay. */
export const REPLAYING = 'Failure while replaying WAL file'

/** What an error of reading or writing means, by its words; the first rule that fits counts. */
export const FILE_RULES: readonly EngineErrorRule[] = [
  { kind: 'noLocks', words: ['File locks are not supported for this file system'] },
  {
    kind: 'noLocks',
    words: [],
    after: 'Could not set lock on file',
    systemWords: ['No locks available', 'Function not implemented', 'not supported', 'Invalid argument'],
  },
  { kind: 'locked', words: ['Could not set lock on file', 'Conflicting lock is held'] },
  {
    kind: 'noSpace',
    words: [],
    systemWords: ['No space left', 'not enough space', 'Disk quota', 'ENOSPC', 'EDQUOT'],
  },
  {
    kind: 'newerVersion',
    words: [
      'Newer DuckDB version might introduce backward incompatible changes',
      'file was written with a storage version greater than the latest version supported',
    ],
  },
  { kind: 'otherVersion', words: ['Trying to read a database file with version number'] },
  {
    kind: 'foreignLog',
    words: ['WAL does not match database file', 'the WAL checkpoint iteration does not match the database file'],
  },
  { kind: 'damagedLog', words: ['Failure while replaying', 'Corrupt WAL', 'Failed to read WAL of version'] },
  { kind: 'noDatabase', words: ['not a valid DuckDB database file'] },
  { kind: 'damaged', words: ['Corrupt database file', 'Could not read enough bytes from file'] },
  {
    kind: 'denied',
    words: [],
    systemWords: ['Permission denied', 'EACCES', 'EPERM', 'Read-only file system', 'EROFS'],
  },
]

/** What the engine says before the reason for which a commit could not be written. */
export const FAILED_COMMIT = 'Failed to commit: '
/** Starts of such reasons that are about the file. */
export const UNWRITTEN = ['Could not write', 'Could not truncate', 'Could not fsync'] as const
/** Two transactions that changed the same. */
export const CONFLICTS = [
  'Conflict on update',
  'Conflict on tuple deletion',
  'Transaction conflict',
  'write-write conflict',
] as const
