/**
 * The kind of an engine error. Engine messages start with the name of a type and have no code. The rest of the text may contain data values, so it is
 * kept only in `cause`. `fatal`: the file, or the whole engine, must be closed and opened again.
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
  /** Phrases of the engine. A message that contains one of them is of this kind. */
  readonly words: readonly string[]
  /** Phrases of the operating system, which follow those of the engine. */
  readonly systemWords?: readonly string[] | undefined
  /** A phrase of the engine that must precede those of the system. */
  readonly after?: string | undefined
}

/** Error types, as the engine names them before `Error:`, that determine the kind. */
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

/** Phrases of the engine, in errors of any type, for a database or an engine that can no longer be used. */
export const INVALIDATED = [
  'has been invalidated because checkpointing failed',
  'The database has been invalidated',
  'database has been invalidated because of a previous fatal error',
] as const

/** The phrase that starts the message of a failed log replay. */
export const REPLAYING = 'Failure while replaying WAL file'

/** Rules that classify errors of reading and writing by their phrases. The first rule that matches counts. */
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

/** The phrase of the engine that precedes the reason of a failed commit. */
export const FAILED_COMMIT = 'Failed to commit: '
/** Phrases that start such a reason if writing the file failed. */
export const UNWRITTEN = ['Could not write', 'Could not truncate', 'Could not fsync'] as const
/** Phrases of conflicts between two transactions. */
export const CONFLICTS = [
  'Conflict on update',
  'Conflict on tuple deletion',
  'Transaction conflict',
  'write-write conflict',
] as const
