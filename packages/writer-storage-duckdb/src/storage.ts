import {
  assertLocalPath,
  type CommitResult,
  type LogTable,
  type StorageBackend,
  type TableAppend,
  type TableOptions,
  type TableRef,
  WriterConfigurationError,
  WriterTableError,
  WriterUnsupportedError,
} from '@forge/writer-core'
import { deadlineIn } from '@forge/writer-core/lock'
import { assertIdentifier, assertMethodOptions, assertOptions, option } from '@forge/writer-core/storage'
import { doctorFile } from './doctor/doctor.ts'
import { repairFile } from './doctor/repair.ts'
import { type DuckdbTable, duckdbTable } from './duckdb-table.ts'
import { CHECKPOINT_BYTES, type EngineOptions } from './engine/engine.ts'
import { engineSettings } from './engine/engine-settings.ts'
import { readChangeMark } from './file/change-mark.ts'
import { databaseFile } from './file/database-file.ts'
import type { TableHost } from './file/table-host.ts'
import { OWN_SCHEMA } from './journal/journal-sql.ts'
import { commitWrites } from './write/commit-write.ts'
import { appendOf } from './write/insert-batch.ts'

export interface DuckdbStorageOptions {
  /** The path of the database file. The first write creates the file and its folder (mode 0700). */
  readonly path: string
  /** Rejects every write, and opens files without write permission. Default false. */
  readonly readOnly?: boolean | undefined
  /**
   * The time in milliseconds for which the file stays open after the last call. It closes immediately if another process waits for it. Default 250.
   */
  readonly idleMs?: number | undefined
  /** The time in milliseconds that a call waits while another process holds the file. Default 30000. */
  readonly lockTimeoutMs?: number | undefined
  /** The number of engine threads. Default: the number of cores, at most 4. */
  readonly threads?: number | undefined
  /** The share of the process's memory limit that the engine may use, 0.05-0.95. Default 0.5. */
  readonly memoryFraction?: number | undefined
  /** The folder for data that does not fit into memory. Default: one that only the user can enter, in the system's temporary folder. */
  readonly tempDirectory?: string | undefined
  /** Keeps the rows of large appends in their order, which is slower. Default false. */
  readonly preserveInsertionOrder?: boolean | undefined
  /**
   * The oldest engine release that can read a new file, such as `v1.0.0`. Default `v1.3.0`. An existing file keeps its version until `vacuum`
   * rewrites it in this one.
   */
  readonly storageVersion?: string | undefined
}

/** The storage of DuckDB tables. It has every optional method of the interface. */
export interface DuckdbStorage extends Required<Omit<StorageBackend, 'watchChanges'>> {
  openTable(ref: TableRef, options?: TableOptions): Promise<DuckdbTable>
}

/**
 * Creates a storage of tables in one DuckDB file. Any number of processes can share the file; they take turns.
 * @example
 * const storage = duckdbStorage({ path: 'logs.duckdb' })
 */
export function duckdbStorage(options: DuckdbStorageOptions): DuckdbStorage {
  const { path, readOnly = false, idleMs = 250, storageVersion } = checkOptions(options)
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
  const tables = new WeakMap<LogTable, OwnTable>()
  return {
    name: 'duckdb',
    location: database.path,
    get lockTimeoutMs() {
      return lockTimeoutMs
    },
    async openTable(ref, tableOptions = {}) {
      assertOpen()
      assertTable(ref, tableOptions)
      if (tableOptions.maxFileSizeMb !== undefined) {
        database.configure({ checkpointBytes: Math.min(CHECKPOINT_BYTES, tableOptions.maxFileSizeMb * 1024 * 1024) })
      }
      const { lockTimeoutMs: own } = tableOptions
      const tableHost = own === undefined ? host : { ...host, deadline: () => deadlineIn(own) }
      const table = duckdbTable(ref, tableOptions, tableHost)
      tables.set(table, { options: tableOptions, deadline: tableHost.deadline })
      return table
    },
    async appendAll(writes) {
      assertOpen()
      if (readOnly) throw new WriterUnsupportedError('the storage was opened with readOnly')
      return appendAll(writes, host, tables)
    },
    listTables: async () => {
      assertOpen()
      return listTables(host)
    },
    configureEngine(settings) {
      assertOpen()
      assertMethodOptions('configureEngine', settings)
      if (settings.lockTimeoutMs !== undefined) lockTimeoutMs = settings.lockTimeoutMs
      database.configure(engineSettings(settings))
    },
    engineMemoryBytes: async () => (isClosed ? 0 : database.memoryBytes()),
    onLoss: (listener) => database.onLoss(listener),
    changeMark: () => readChangeMark(database.path),
    doctor: async (asked) => {
      assertOpen()
      return doctorFile(host, asked)
    },
    repair: async (asked) => {
      assertOpen()
      if (readOnly) throw new WriterUnsupportedError('the storage was opened with readOnly')
      return repairFile(host, asked)
    },
    interrupt: () => database.interrupt(),
    async close() {
      if (isClosed) return
      isClosed = true
      await leave()
    },
  }
}

function assertTable({ schema, name }: TableRef, options: TableOptions): void {
  assertIdentifier(schema, 'schema')
  assertIdentifier(name, 'table')
  assertMethodOptions('openTable', options)
  if (schema === OWN_SCHEMA) throw new WriterConfigurationError(`schema ${OWN_SCHEMA} is reserved for the storage`)
}

function checkOptions(options: DuckdbStorageOptions): DuckdbStorageOptions {
  assertOptions('duckdbStorage', options, {
    path: option.text,
    readOnly: option.flag,
    idleMs: option.number({ min: 0 }),
    lockTimeoutMs: option.number({ min: 0 }),
    threads: option.whole({ min: 1 }),
    memoryFraction: option.number({ min: 0.05, max: 0.95 }),
    tempDirectory: option.text,
    preserveInsertionOrder: option.flag,
    storageVersion: option.pattern(/^v\d+\.\d+\.\d+$/, 'a release such as v1.3.0'),
  })
  assertLocalPath(options.path)
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
      parallelWriteThreads: threads,
      memoryFraction,
    }),
    tempDirectory,
    preserveInsertionOrder,
  }
}

/** The facts that the storage keeps about a table that it opened. */
interface OwnTable {
  readonly options: TableOptions
  deadline(): number
}

async function appendAll(
  writes: readonly TableAppend[],
  { database, deadline: standard }: TableHost,
  tables: WeakMap<LogTable, OwnTable>,
): Promise<CommitResult[]> {
  let deadline = standard
  const changes = writes.map(({ table, batch, commit }) => {
    const own = tables.get(table)
    if (!own) {
      throw new WriterConfigurationError('appendAll accepts only tables of the same storage', { committed: 'no' })
    }
    deadline = own.deadline
    return { ref: table.ref, ...appendOf(batch, own.options, commit) }
  })
  return changes.length === 0 ? [] : commitWrites(database, changes, deadline)
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
