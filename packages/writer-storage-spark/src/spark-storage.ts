import {
  type EngineSettings,
  type StorageAtOptions,
  type StorageBackend,
  type TableOptions,
  type TableRef,
  WriterConfigurationError,
  WriterTableError,
  WriterUnsupportedError,
} from '@forge/writer-core'
import {
  assertMethodOptions,
  assertNewColumns,
  assertOptions,
  option,
  STORAGE_AT_CHECKS,
} from '@forge/writer-core/storage'
import { invalidAddress, locationOf, parseAddress } from './connect/address.ts'
import { channelTo, type TokenSource } from './connect/channel.ts'
import { fromServerError } from './connect/server-errors.ts'
import { type SessionHolder, sessionHolder } from './connect/session.ts'
import type { ReadWays } from './query/run-query.ts'
import type { SparkHost } from './spark-host.ts'
import { type SparkTable, sparkTable } from './spark-table.ts'
import { listTables } from './table/list-tables.ts'
import { assertTableName } from './table/place.ts'
import { examineServer } from './upkeep/examine-server.ts'

export interface SparkStorageOptions {
  /**
   * The address of the Spark Connect server, such as `sc://host:15002` or `sc://host:443/;token=TOKEN;x-databricks-cluster-id=ID`. `;path=` and
   * `;catalog=` stand for the options of the same names.
   */
  readonly url: string
  /** The folder of the tables as the server sees it, or an address such as `s3a://bucket/log`. Default: the tables are in the catalog of the server. */
  readonly path?: string | undefined
  /** The catalog of the tables. Default: the current catalog of the server. */
  readonly catalog?: string | undefined
  /** The token, or a function that returns one; it is called again when the server refuses the token. Default: the token of the address. */
  readonly token?: TokenSource | undefined
  /** Rejects every write. Default false. */
  readonly readOnly?: boolean | undefined
  /** The time in milliseconds for which a write is tried again while other writers change the table. Default 30000. */
  readonly lockTimeoutMs?: number | undefined
  /** The time in milliseconds for which a call tries to get back to a server that is lost or not yet there. Default 15000. */
  readonly reconnectMs?: number | undefined
}

/** The storage of Delta tables of a Spark server, with the optional methods that it implements. */
export interface SparkStorage extends StorageBackend {
  readonly lockTimeoutMs: number
  listTables: NonNullable<StorageBackend['listTables']>
  doctor: NonNullable<StorageBackend['doctor']>
  configureEngine: NonNullable<StorageBackend['configureEngine']>
  openTable(ref: TableRef, options?: TableOptions): Promise<SparkTable>
}

/**
 * Creates a storage of Delta tables that a Spark server reads and writes, by Spark Connect.
 * @example
 * const storage = sparkStorage({ url: 'sc://spark.example.org:15002', path: 's3a://bucket/log' })
 */
export function sparkStorage(options: SparkStorageOptions): SparkStorage {
  assertOptions('sparkStorage', options, {
    url: option.required(option.text),
    path: option.text,
    catalog: option.text,
    token: option.any,
    readOnly: option.flag,
    lockTimeoutMs: option.number({ min: 0 }),
    reconnectMs: option.number({ min: 0 }),
  })
  const { url, token, readOnly = false, reconnectMs = 15_000 } = options
  let { lockTimeoutMs = 30_000 } = options
  const place = parseAddress(url)
  const root = { path: options.path ?? place.path, catalog: options.catalog ?? place.catalog }
  if (root.path !== undefined && root.catalog !== undefined) throw invalidAddress('has both a path and a catalog')
  const location = locationOf({ ...place, ...root })
  const channel = channelTo(place, token, reconnectMs)
  const sessions = sessionHolder(channel, place)
  const changes = sessionHolder(channel, place)
  let isClosed = false
  const host: SparkHost = {
    channel,
    sessions,
    changes: oneAtATime(changes),
    root,
    location,
    reconnectMs,
    lockTimeoutMs: () => lockTimeoutMs,
    assertOpen() {
      if (isClosed) throw new WriterTableError('the storage is closed', { committed: 'no' })
    },
    assertWritable() {
      if (!readOnly) return
      throw new WriterUnsupportedError('the storage was opened with readOnly', {
        suggestions: ['Open it without readOnly.'],
      })
    },
  }
  const read = async <Result>(what: string, work: (ways: ReadWays) => Promise<Result>) => {
    host.assertOpen()
    try {
      return await sessions.use((session) => work({ session, reconnectMs }))
    } catch (error) {
      throw fromServerError(error, `${what} on ${location}`)
    }
  }
  return {
    name: 'spark',
    location,
    get lockTimeoutMs() {
      return lockTimeoutMs
    },
    configureEngine(settings) {
      host.assertOpen()
      lockTimeoutMs = lockTimeoutOf(settings) ?? lockTimeoutMs
    },
    async openTable(ref, tableOptions = {}) {
      host.assertOpen()
      assertTableName(ref, root)
      assertMethodOptions('openTable', tableOptions)
      assertNewColumns(tableOptions.columns ?? [], [])
      return sparkTable(ref, tableOptions, host)
    },
    listTables: () => read('list of tables', (ways) => listTables(ways, root)),
    doctor: (asked) => read('examination of the server', (ways) => examineServer(ways, root, place, asked)),
    async close() {
      if (isClosed) return
      isClosed = true
      await Promise.all([sessions.close(), changes.close()])
      channel.close()
    },
  }
}

/** Creates the storage at the address of a server. The server has its own settings of threads and memory. */
export function storageAt(address: string, options: StorageAtOptions = {}): SparkStorage {
  assertOptions('storageAt', options, STORAGE_AT_CHECKS)
  const { readOnly, lockTimeoutMs } = options
  return sparkStorage({ url: address, readOnly, lockTimeoutMs })
}

/** Returns a holder whose work is done one after the other. */
function oneAtATime(holder: SessionHolder): SessionHolder {
  let last: Promise<unknown> = Promise.resolve()
  return {
    ...holder,
    use(work) {
      const next = last.then(() => holder.use(work))
      last = next.catch(() => undefined)
      return next
    },
  }
}

/** Returns the one setting that the storage has. Throws WriterConfigurationError for those of an engine, which the server has. */
function lockTimeoutOf(settings: EngineSettings): number | undefined {
  assertMethodOptions('configureEngine', settings)
  const { lockTimeoutMs, ...others } = settings
  const refused = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (refused.length === 0) return lockTimeoutMs
  const problem = 'is not supported by the spark storage: threads and memory are settings of the server'
  throw new WriterConfigurationError(`${refused.join(', ')} ${problem}`, {
    context: { problems: refused.map((setting) => ({ setting, problem })) },
    suggestions: ['Leave out the setting, or change spark.executor.cores and spark.executor.memory of the server.'],
    committed: 'no',
  })
}
