import {
  assertLocalPath,
  type EngineSettings,
  LOG_COLUMNS,
  type Logger,
  type StorageBackend,
  type TableOptions,
  type TableRef,
  WriterConfigurationError,
  WriterTableError,
} from '@forge/writer-core'
import {
  assertIdentifier,
  assertMethodOptions,
  assertOptions,
  checkLogger,
  type OptionChecks,
  option,
  optionError,
} from '@forge/writer-core/storage'
import {
  type Engine,
  type EngineOptions,
  engineSettings,
  fromEngineError,
  openEngine,
} from '@forge/writer-storage-duckdb/engine'
import { type DeltaTable, deltaTable } from './delta-table.ts'
import { doctorTables } from './doctor/doctor.ts'
import { repairTables } from './doctor/repair.ts'
import { LOG_DIRECTORY } from './log/log-file-name.ts'
import { type Maintenance, maintenance } from './operations/maintenance.ts'
import { localStores } from './store/local-stores.ts'
import type { ObjectStores } from './store/object-store.ts'
import { type TableCore, tableCore } from './table/table-core.ts'

const MIB = 1024 * 1024

export interface DeltaStorageOptions {
  /** The folder of the tables. Each table is in `<schema>/<name>` below it. The first write creates it. Pass either `path` or `stores`. */
  readonly path?: string | undefined
  /** The tables in an object store, such as `s3Stores()` of `@forge/writer-store-s3`. The storage closes it. */
  readonly stores?: ObjectStores | undefined
  /**
   * The properties of new tables, such as `delta.checkpointInterval`. Default a checkpoint every 100 commits; batch ids are remembered for 90 days.
   */
  readonly tableProperties?: Readonly<Record<string, string>> | undefined
  /** The number of attempts at a change if other writers commit in between. Default 10. */
  readonly maxCommitAttempts?: number | undefined
  /** The number of engine threads, and of files written at once. Default: the number of cores, at most 4. */
  readonly threads?: number | undefined
  /** The share of the process's memory limit that the engine may use, 0.05-0.95. Default 0.5. */
  readonly memoryFraction?: number | undefined
  /** Allows commits on file systems without hard links. Safe only if a single process ever writes. Default false. */
  readonly unsafeSingleWriter?: boolean | undefined
  /** Skips files that cannot hold a row of the answer by their statistics. Default true. Set it to false if statistics of other writers are wrong. */
  readonly fileSkipping?: boolean | undefined
  /** A logger with pino's methods. Default: silent. */
  readonly logger?: Logger | undefined
  /** The clock. Default: the system clock. */
  readonly now?: (() => Date) | undefined
  /** The source of random numbers for names and waits. Default: `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** A storage of log tables as Delta Lake tables in a folder or an object store. Spark, delta-rs, Trino and DuckDB read and write them as well. */
export interface DeltaStorage extends StorageBackend {
  listTables: NonNullable<StorageBackend['listTables']>
  configureEngine: NonNullable<StorageBackend['configureEngine']>
  doctor: NonNullable<StorageBackend['doctor']>
  repair: NonNullable<StorageBackend['repair']>
  interrupt: NonNullable<StorageBackend['interrupt']>
  engineMemoryBytes: NonNullable<StorageBackend['engineMemoryBytes']>
  openTable(ref: TableRef, options?: TableOptions): Promise<DeltaTable>
}

const NEW_TABLE_PROPERTIES: Readonly<Record<string, string>> = {
  'delta.checkpointInterval': '100',
  'delta.setTransactionRetentionDuration': 'interval 90 days',
}

const SILENT: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/**
 * Creates a storage of Delta tables. Throws WriterConfigurationError that lists every invalid option.
 * @example
 * const storage = deltaStorage({ path: 'logs' })
 */
export function deltaStorage(options: DeltaStorageOptions): DeltaStorage {
  assertOptions('deltaStorage', options, OPTIONS)
  const stores = chosenStores(options)
  const { location } = stores
  const open = new Map<string, { readonly core: TableCore; readonly upkeep: Maintenance }>()
  let starting: Promise<Engine> | undefined
  let settings = engineOptions({ parallelWriteThreads: options.threads, memoryFraction: options.memoryFraction })
  let isClosed = false
  const assertOpen = () => {
    if (isClosed) throw new WriterTableError(`the storage is closed: ${location}`, { committed: 'no' })
  }
  const engine = () => {
    assertOpen()
    starting ??= openEngine(settings)
    return starting
  }
  const tableOf = (ref: TableRef, table: TableOptions) => {
    const key = JSON.stringify([ref.schema, ref.name, table])
    const known = open.get(key) ?? newTable(ref, table, options, stores, engine)
    open.set(key, known)
    return known
  }
  const allTables = async () => (await listTables(stores)).map((ref) => tableOf(ref, {}).core)
  return {
    name: 'delta',
    location,
    async openTable(ref, table = {}) {
      assertOpen()
      assertFolderName(ref.schema, 'schema')
      assertFolderName(ref.name, 'table')
      assertMethodOptions('openTable', table)
      const { core, upkeep } = tableOf(ref, table)
      return deltaTable(core, upkeep, assertOpen)
    },
    async listTables() {
      assertOpen()
      return listTables(stores)
    },
    configureEngine(changes) {
      assertOpen()
      assertMethodOptions('configureEngine', changes)
      settings = { ...settings, ...engineOptions(changes) }
      if (starting) starting = starting.then((running) => running.configure(settings).then(() => running))
    },
    async doctor(asked) {
      assertOpen()
      return doctorTables(await allTables(), asked)
    },
    async repair(asked) {
      assertOpen()
      return repairTables(await allTables(), asked)
    },
    interrupt() {
      starting?.then(
        (running) => running.interrupt(),
        () => undefined,
      )
    },
    engineMemoryBytes: async () => (starting ? (await starting).memoryBytes() : 0),
    async close() {
      if (isClosed) return
      for (const { upkeep } of open.values()) await upkeep.settled()
      isClosed = true
      const running = await starting
      running?.close()
      await stores.close()
    },
  }
}

/** Throws WriterConfigurationError unless exactly one place is given. */
function chosenStores({ path, stores, unsafeSingleWriter }: DeltaStorageOptions): ObjectStores {
  if (stores === undefined) {
    assertLocalPath(path)
    return localStores(path, { unsafeSingleWriter })
  }
  const given = { path, unsafeSingleWriter }
  const problems = Object.entries(given).flatMap(([setting, value]) =>
    value === undefined ? [] : { setting, problem: 'does not apply to an object store' },
  )
  if (problems.length === 0) return stores
  throw optionError('invalid configuration', problems, ['Pass it to the function that creates the stores.'])
}

const OPTIONS: OptionChecks<DeltaStorageOptions> = {
  path: option.any,
  stores: option.object,
  tableProperties: option.object,
  maxCommitAttempts: option.whole({ min: 1 }),
  threads: option.whole({ min: 1 }),
  memoryFraction: option.number({ min: 0.05, max: 0.95 }),
  unsafeSingleWriter: option.flag,
  fileSkipping: option.flag,
  logger: checkLogger,
  now: option.clock,
  random: option.action,
}

function newTable(
  ref: TableRef,
  table: TableOptions,
  options: DeltaStorageOptions,
  stores: ObjectStores,
  engine: () => Promise<Engine>,
) {
  const { now = () => new Date(), random = Math.random, logger = SILENT } = options
  const settings = {
    columns: table.columns ?? LOG_COLUMNS,
    partitionColumns: table.partitionColumns ?? [],
    clusterColumns: table.clusterColumns ?? [],
    properties: { ...NEW_TABLE_PROPERTIES, ...options.tableProperties },
    evolveSchema: table.evolveSchema ?? false,
    widenColumns: table.widenColumns ?? false,
    feed: { chunkRows: table.batchSize },
    compression: table.compression ?? 'zstd',
    targetFileBytes: (table.maxFileSizeMb ?? 128) * MIB,
    fileSkipping: options.fileSkipping ?? true,
    packSmallFiles: table.packSmallFiles,
    maxAttempts: options.maxCommitAttempts ?? 10,
    now,
    random,
  }
  const core = tableCore(ref, stores.open(`${ref.schema}/${ref.name}`), engine, settings, logger)
  return { core, upkeep: maintenance(core) }
}

/** Throws WriterConfigurationError for a lock timeout, which has no effect here. */
function engineOptions(settings: EngineSettings): EngineOptions {
  if (settings.lockTimeoutMs !== undefined) {
    const problem = 'is not supported: Delta tables have no lock to wait for'
    throw optionError(
      'invalid configuration',
      [{ setting: 'lockTimeoutMs', problem }],
      [
        'Leave it out. maxCommitAttempts of deltaStorage() limits the attempts when other writers commit at the same time.',
      ],
    )
  }
  return engineSettings(settings)
}

/** Throws WriterConfigurationError if part of a table's name is not a safe folder name: it must not lead to another folder. */
function assertFolderName(name: string, what: string): void {
  assertIdentifier(name, what)
  if (name !== '.' && name !== '..' && !/[/\\]/.test(name)) return
  throw new WriterConfigurationError(`${what} ${JSON.stringify(name)} cannot be the name of a folder`, {
    context: { what, name },
    committed: 'no',
    suggestions: ['Use a name without slashes that is not . or ..'],
  })
}

async function listTables(stores: ObjectStores): Promise<TableRef[]> {
  const tables: TableRef[] = []
  try {
    for (const schema of await stores.folders('')) {
      for (const name of await stores.folders(schema)) {
        if (await stores.hasFolder(`${schema}/${name}/${LOG_DIRECTORY}`)) tables.push({ schema, name })
      }
    }
  } catch (error) {
    throw fromEngineError(error, `listing ${stores.location}`)
  }
  return tables
}
