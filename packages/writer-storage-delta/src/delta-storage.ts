import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  assertIdentifier,
  LOG_COLUMNS,
  type Logger,
  type StorageBackend,
  type TableOptions,
  type TableRef,
  WriterTableError,
} from '@forge/writer-core'
import { type Engine, openEngine } from '@forge/writer-storage-duckdb/engine'
import { LOG_DIRECTORY } from './log/log-file-name.ts'
import { localStore } from './store/local-store.ts'
import { type DeltaTable, deltaTable } from './table/delta-table.ts'
import { maintenance } from './table/maintenance.ts'
import { tableCore } from './table/table-core.ts'

const MIB = 1024 * 1024

export interface DeltaStorageOptions {
  /** The folder of the tables; each lies in `<schema>/<name>` below. Made by the first write. */
  readonly path: string
  /** Properties of new tables, such as `delta.checkpointInterval`. Default a checkpoint every 100 commits, batch ids remembered for 90 days. */
  readonly tableProperties?: Readonly<Record<string, string>>
  /** Attempts to make a change anew where another writer's came in between. Default 10. */
  readonly maxCommitAttempts?: number
  /** Files written at once, and threads of the engine. Default 1 to 4, by the machine. */
  readonly parallelWriteThreads?: number
  /** Bytes that the engine may take. Default half of what the process may use. */
  readonly memoryLimitBytes?: number
  /** Commits on file systems without hard links, where only one process ever writes. Default false. */
  readonly unsafeSingleWriter?: boolean
  /** Leave out files whose statistics rule them out. Default true; false reads them all, where statistics of other writers are not to be trusted. */
  readonly fileSkipping?: boolean
  readonly logger?: Logger
  readonly now?: () => Date
  readonly random?: () => number
}

/** Log tables as Delta Lake tables in a folder, which Spark, delta-rs, Trino and DuckDB read and write as well. */
export interface DeltaStorage extends StorageBackend {
  openTable(ref: TableRef, options?: TableOptions): Promise<DeltaTable>
}

const NEW_TABLE_PROPERTIES: Readonly<Record<string, string>> = {
  'delta.checkpointInterval': '100',
  'delta.setTransactionRetentionDuration': 'interval 90 days',
}

const SILENT: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

export function deltaStorage(options: DeltaStorageOptions): DeltaStorage {
  const { now = () => new Date(), random = Math.random, logger = SILENT } = options
  const location = resolve(options.path)
  const open = new Map<string, ReturnType<typeof newTable>>()
  let starting: Promise<Engine> | undefined
  let isClosed = false

  function engine(): Promise<Engine> {
    if (isClosed) throw closed(location)
    starting ??= openEngine({
      ...(options.parallelWriteThreads === undefined ? {} : { threads: options.parallelWriteThreads }),
      ...(options.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: options.memoryLimitBytes }),
    })
    return starting
  }

  function newTable(ref: TableRef, table: TableOptions) {
    const store = localStore(join(location, ref.schema, ref.name), {
      unsafeSingleWriter: options.unsafeSingleWriter ?? false,
    })
    const core = tableCore(
      ref,
      store,
      engine,
      {
        columns: table.columns ?? LOG_COLUMNS,
        partitionColumns: table.partitionColumns ?? [],
        clusterColumns: table.clusterColumns ?? [],
        properties: { ...NEW_TABLE_PROPERTIES, ...options.tableProperties },
        evolveSchema: table.evolveSchema ?? false,
        widenColumns: table.widenColumns ?? false,
        feed: table.batchSize === undefined ? {} : { chunkRows: table.batchSize },
        compression: table.compression ?? 'zstd',
        targetFileBytes: (table.maxFileSizeMb ?? 128) * MIB,
        fileSkipping: options.fileSkipping ?? true,
        maxAttempts: options.maxCommitAttempts ?? 10,
        now,
        random,
      },
      logger,
    )
    return { core, upkeep: maintenance(core) }
  }

  return {
    name: 'delta',
    location,
    async openTable(ref, table = {}) {
      if (isClosed) throw closed(location)
      assertIdentifier(ref.schema)
      assertIdentifier(ref.name)
      const key = JSON.stringify([ref.schema, ref.name, table])
      const known = open.get(key) ?? newTable(ref, table)
      open.set(key, known)
      return deltaTable(known.core, known.upkeep)
    },
    listTables: () => listTables(location),
    configureEngine({ parallelWriteThreads }) {
      if (parallelWriteThreads === undefined) return
      void engine().then((running) => running.configure({ threads: parallelWriteThreads }))
    },
    engineMemoryBytes: async () => (starting ? (await starting).memoryBytes() : 0),
    async close() {
      if (isClosed) return
      for (const { upkeep } of open.values()) await upkeep.settled()
      isClosed = true
      const running = await starting
      running?.close()
    },
  }
}

function closed(location: string): WriterTableError {
  return new WriterTableError(`the storage is closed: ${location}`, { committed: 'no' })
}

async function listTables(location: string): Promise<TableRef[]> {
  const tables: TableRef[] = []
  for (const schema of await folders(location)) {
    for (const name of await folders(join(location, schema))) {
      const log = await folders(join(location, schema, name))
      if (log.includes(LOG_DIRECTORY.slice(0, -1))) tables.push({ schema, name })
    }
  }
  return tables
}

async function folders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).sort()
}
