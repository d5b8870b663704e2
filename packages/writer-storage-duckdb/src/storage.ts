import {
  assertIdentifier,
  type CommitResult,
  type EngineSettings,
  type StorageBackend,
  type TableAppend,
  type TableOptions,
  type TableRef,
  WriterConfigurationError,
  WriterTableError,
  WriterUnsupportedError,
} from '@forge/writer-core'
import { doctorFile } from './doctor/doctor.ts'
import { repairFile } from './doctor/repair.ts'
import { CHECKPOINT_BYTES, type EngineOptions } from './engine/engine.ts'
import { processMemoryBytes } from './engine/memory-limit.ts'
import { databaseFile } from './file/database-file.ts'
import { OWN_SCHEMA } from './journal/journal-sql.ts'
import { deadlineIn } from './lock/deadline.ts'
import { type DuckdbTable, duckdbTable, type TableHost } from './table/duckdb-table.ts'
import { commitWrites } from './write/commit-write.ts'
import { appendOf } from './write/insert-batch.ts'

export interface DuckdbStorageOptions {
  /** Of the database file; it and its folder (mode 0700) are made by the first write. */
  readonly path: string
  /** Refuse every write, and open files that may not be written. Default false. */
  readonly readOnly?: boolean
  /** How long the file is kept open after the last call; at once where another process waits. Default 250. */
  readonly idleMs?: number
  /** How long a call waits while another process holds the file. Default 30000. */
  readonly lockTimeoutMs?: number
  /** Threads of the engine. Default: what the machine has, 4 at most. */
  readonly threads?: number
  /** Share of the memory that the process may use which the engine may take, 0.05-0.95. Default 0.5. */
  readonly memoryFraction?: number
  /** Where the engine spills what does not fit. Default: a folder in the system's temporary folder. */
  readonly tempDirectory?: string
  /** Keep rows of big appends in the order given, at the price of speed. Default false. */
  readonly preserveInsertionOrder?: boolean
  /**
   * Oldest release of the engine that shall read a file made by this storage, such as `v1.0.0`. Default `v1.3.0`. A file that exists keeps its own until
   * `vacuum`, which writes it anew in the one given here.
   */
  readonly storageVersion?: string
}

/** The storage of DuckDB tables, with what its interface leaves optional. */
export interface DuckdbStorage extends Required<StorageBackend> {
  openTable(ref: TableRef, options?: TableOptions): Promise<DuckdbTable>
}

/**
 * Tables in one DuckDB file, shared by any number of processes that take turns.
 * @example
 * const storage = duckdbStorage({ path: 'logs.duckdb' })
 */
export function duckdbStorage(options: DuckdbStorageOptions): DuckdbStorage {
  const { path, readOnly = false, idleMs = 250, storageVersion } = checked(options)
  let lockTimeoutMs = options.lockTimeoutMs ?? 30_000
  let isClosed = false
  const { file: database, leave } = databaseFile(path, {
    readOnly,
    idleMs,
    storageVersion,
    engine: engineOptions(options),
  })
  const assertOpen = () => {
    if (isClosed) throw new WriterTableError('the storage is closed', { committed: 'no' })
  }
  const host: TableHost = {
    database,
    readOnly,
    storageVersion,
    deadline: () => deadlineIn(lockTimeoutMs),
    assertOpen,
  }
  const storage: DuckdbStorage = {
    name: 'duckdb',
    location: database.path,
    get lockTimeoutMs() {
      return lockTimeoutMs
    },
    async openTable(ref, tableOptions = {}) {
      assertOpen()
      assertIdentifier(ref.schema, 'schema')
      assertIdentifier(ref.name, 'table')
      if (ref.schema === OWN_SCHEMA) throw new WriterConfigurationError(`schema ${OWN_SCHEMA} is the storage's own`)
      if (tableOptions.maxFileSizeMb !== undefined) {
        database.configure({ checkpointBytes: Math.min(CHECKPOINT_BYTES, tableOptions.maxFileSizeMb * 1024 * 1024) })
      }
      const { lockTimeoutMs: own } = tableOptions
      return duckdbTable(ref, tableOptions, own === undefined ? host : { ...host, deadline: () => deadlineIn(own) })
    },
    async appendAll(writes) {
      assertOpen()
      if (readOnly) throw new WriterUnsupportedError('the storage was opened with readOnly')
      return appendAll(writes, host)
    },
    listTables: async () => {
      assertOpen()
      return listTables(host)
    },
    configureEngine(settings) {
      assertOpen()
      if (settings.lockTimeoutMs !== undefined) lockTimeoutMs = settings.lockTimeoutMs
      database.configure(engineSettings(settings))
    },
    engineMemoryBytes: async () => (isClosed ? 0 : database.memoryBytes()),
    onLoss: (listener) => database.onLoss(listener),
    doctor: async (asked) => {
      assertOpen()
      return doctorFile(host, asked)
    },
    repair: async (asked) => {
      assertOpen()
      if (readOnly) throw new WriterUnsupportedError('the storage was opened with readOnly')
      return repairFile(host, asked)
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await leave()
    },
  }
  return storage
}

function checked(options: DuckdbStorageOptions): DuckdbStorageOptions {
  const problems: string[] = []
  const { path, idleMs = 0, lockTimeoutMs = 0, memoryFraction = 0.5, threads = 1, storageVersion = 'v1.0.0' } = options
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    problems.push('path must be text that is not empty')
  else if (path === ':memory:') problems.push('path must be a file; memoryStorage() keeps tables in memory')
  if (!(idleMs >= 0)) problems.push('idleMs must be at least 0')
  if (!(lockTimeoutMs >= 0)) problems.push('lockTimeoutMs must be at least 0')
  if (!(memoryFraction >= 0.05 && memoryFraction <= 0.95)) problems.push('memoryFraction must be 0.05 to 0.95')
  if (!(Number.isInteger(threads) && threads >= 1)) problems.push('threads must be a whole number of at least 1')
  if (!/^v\d+\.\d+\.\d+$/.test(storageVersion)) problems.push('storageVersion must be a release such as v1.3.0')
  if (problems.length > 0) throw new WriterConfigurationError(problems.join('; '), { context: { problems } })
  return options
}

function engineOptions({
  threads,
  memoryFraction,
  tempDirectory,
  preserveInsertionOrder,
}: DuckdbStorageOptions): EngineOptions {
  return {
    ...engineSettings({
      ...(threads !== undefined && { parallelWriteThreads: threads }),
      ...(memoryFraction !== undefined && { memoryFraction }),
    }),
    ...(tempDirectory !== undefined && { tempDirectory }),
    ...(preserveInsertionOrder !== undefined && { preserveInsertionOrder }),
  }
}

function engineSettings({ parallelWriteThreads, memoryFraction }: EngineSettings): EngineOptions {
  return {
    ...(parallelWriteThreads !== undefined && { threads: parallelWriteThreads }),
    ...(memoryFraction !== undefined && { memoryLimitBytes: processMemoryBytes() * memoryFraction }),
  }
}

async function appendAll(writes: readonly TableAppend[], host: TableHost): Promise<CommitResult[]> {
  let { deadline } = host
  const changes = writes.map(({ table, batch, commit }) => {
    const own = table as Partial<DuckdbTable>
    if (own.host?.database !== host.database) {
      throw new WriterConfigurationError('appendAll takes tables of its own storage', { committed: 'no' })
    }
    deadline = own.host.deadline
    return { ref: table.ref, ...appendOf(batch, own.options ?? {}, commit) }
  })
  return changes.length === 0 ? [] : commitWrites(host.database, changes, deadline)
}

function listTables({ database, deadline }: TableHost): Promise<TableRef[]> {
  return database.use(
    async (file) => {
      if (!file) return []
      const session = await file.reader()
      try {
        const rows = await session.rows(
          `select schema_name as schema, table_name as name from duckdb_tables()
           where database_name = 'db' and schema_name <> $1 order by all`,
          [OWN_SCHEMA],
        )
        return rows.map(({ schema, name }) => ({ schema: String(schema), name: String(name) }))
      } finally {
        file.giveBack(session)
      }
    },
    { deadline: deadline(), create: false },
  )
}
