import {
  type CommitResult,
  type EngineSettings,
  type LogTable,
  type StorageAtOptions,
  type StorageBackend,
  type TableAppend,
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
import { parseAddress } from './connection/address.ts'
import { type Connections, connectionsTo } from './connection/connections.ts'
import { fromServerError } from './connection/server-errors.ts'
import { changesOf } from './journal/changes.ts'
import { JOURNAL, journalExists, OWN_SCHEMA } from './journal/journal.ts'
import { appendOf, type PostgresTable, postgresTable } from './postgres-table.ts'
import type { ServerHost } from './server-host.ts'
import { assertTableName } from './sql/identifiers.ts'
import { examineServer } from './upkeep/examine-server.ts'
import { commitWrites } from './write/commit-writes.ts'

export interface PostgresStorageOptions {
  /**
   * The address of the database, such as `postgres://user@host:5432/database`. Without a password, PGPASSWORD and the password file are used. A
   * server on another machine is reached with a verified certificate, unless the address has another `sslmode`.
   */
  readonly url: string
  /** Rejects every write. Default false. */
  readonly readOnly?: boolean | undefined
  /** The time in milliseconds that a write waits while another one holds the table. Default 30000. */
  readonly lockTimeoutMs?: number | undefined
  /** The maximum number of connections. Default 10. */
  readonly maxConnections?: number | undefined
  /**
   * The timestamp column by whose months, in UTC, new tables that have it are partitioned, such as `start_time`. A delete of all rows of a month, such as
   * a retention, then drops its partition. Default: the parameter `partition_by_month` of the address; without it, tables have no partitions.
   */
  readonly partitionByMonth?: string | undefined
  /**
   * Notifies each commit of this storage (NOTIFY), and lets {@link StorageBackend.watchChanges} listen to the commits of all storages that notify, so that
   * a live dashboard shows them at once. Commits of notifying transactions take turns in the whole database. Default: the parameter `notify_changes` of
   * the address; without it false.
   */
  readonly notifyChanges?: boolean | undefined
}

/** The storage of tables in a PostgreSQL database, with the optional methods that it implements. */
export interface PostgresStorage extends StorageBackend {
  appendAll: NonNullable<StorageBackend['appendAll']>
  listTables: NonNullable<StorageBackend['listTables']>
  changeMark: NonNullable<StorageBackend['changeMark']>
  doctor: NonNullable<StorageBackend['doctor']>
  readonly lockTimeoutMs: number
  configureEngine: NonNullable<StorageBackend['configureEngine']>
  openTable(ref: TableRef, options?: TableOptions): Promise<PostgresTable>
}

const OPTIONS = {
  url: option.required(option.text),
  readOnly: option.flag,
  lockTimeoutMs: option.number({ min: 0 }),
  maxConnections: option.whole({ min: 1 }),
  partitionByMonth: option.text,
  notifyChanges: option.flag,
}

/**
 * Creates a storage of tables in a PostgreSQL database, which any number of processes and machines share.
 * @example
 * const storage = postgresStorage({ url: 'postgres://logs@db.example.org/logs' })
 */
export function postgresStorage(options: PostgresStorageOptions): PostgresStorage {
  assertOptions('postgresStorage', options, OPTIONS)
  const { url, readOnly = false, maxConnections = 10 } = options
  let { lockTimeoutMs = 30_000 } = options
  const place = parseAddress(url)
  const connections = connectionsTo(place, maxConnections)
  let isClosed = false
  const host: ServerHost = {
    connections,
    location: place.location,
    partitionByMonth: options.partitionByMonth ?? place.partitionByMonth,
    notifiesChanges: options.notifyChanges ?? place.notifyChanges,
    known: { hasJournal: false, tables: new Map() },
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
  const changes = changesOf(place)
  const tables = new WeakMap<LogTable, TableOptions>()
  return {
    name: 'postgres',
    location: place.location,
    get lockTimeoutMs() {
      return lockTimeoutMs
    },
    configureEngine(settings) {
      host.assertOpen()
      lockTimeoutMs = lockTimeoutOf(settings) ?? lockTimeoutMs
    },
    async openTable(ref, tableOptions = {}) {
      host.assertOpen()
      assertTable(ref, tableOptions)
      const table = postgresTable(ref, tableOptions, host)
      tables.set(table, tableOptions)
      return table
    },
    async appendAll(writes) {
      host.assertOpen()
      host.assertWritable()
      return appendAll(writes, host, tables)
    },
    async listTables() {
      host.assertOpen()
      return listTables(connections)
    },
    async changeMark() {
      host.assertOpen()
      return readChangeMark(connections)
    },
    ...(host.notifiesChanges && {
      watchChanges(listener: () => void) {
        host.assertOpen()
        return changes.listen(listener)
      },
    }),
    async doctor(asked) {
      host.assertOpen()
      try {
        return await examineServer(host, asked)
      } catch (error) {
        throw fromServerError(error, 'examination of the server')
      }
    },
    async close() {
      isClosed = true
      await changes.close()
      await connections.close()
    },
  }
}

/** Creates the storage at the address of a database. The server has its own settings of threads and memory. */
export function storageAt(address: string, options: StorageAtOptions = {}): PostgresStorage {
  assertOptions('storageAt', options, STORAGE_AT_CHECKS)
  const { readOnly, lockTimeoutMs } = options
  return postgresStorage({ url: address, readOnly, lockTimeoutMs })
}

/** Returns the one setting that the storage has. Throws WriterConfigurationError for those of an engine, which the server has. */
function lockTimeoutOf(settings: EngineSettings): number | undefined {
  assertMethodOptions('configureEngine', settings)
  const { lockTimeoutMs, ...others } = settings
  const refused = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (refused.length === 0) return lockTimeoutMs
  const problem = 'is not supported by the postgres storage: threads and memory are settings of the server'
  throw new WriterConfigurationError(`${refused.join(', ')} ${problem}`, {
    context: { problems: refused.map((setting) => ({ setting, problem })) },
    suggestions: ['Leave out the setting, or change work_mem and max_parallel_workers of the server.'],
    committed: 'no',
  })
}

function assertTable({ schema, name }: TableRef, options: TableOptions): void {
  assertTableName(schema, 'schema')
  assertTableName(name, 'table')
  assertMethodOptions('openTable', options)
  assertNewColumns(options.columns ?? [], [])
  if (schema === OWN_SCHEMA) throw new WriterConfigurationError(`schema ${OWN_SCHEMA} is reserved for the storage`)
}

async function appendAll(
  writes: readonly TableAppend[],
  host: ServerHost,
  tables: WeakMap<LogTable, TableOptions>,
): Promise<CommitResult[]> {
  let lockTimeoutMs = host.lockTimeoutMs()
  const changes = writes.map(({ table, batch, commit }) => {
    const options = tables.get(table)
    if (!options) {
      throw new WriterConfigurationError('appendAll accepts only tables of the same storage', { committed: 'no' })
    }
    lockTimeoutMs = options.lockTimeoutMs ?? lockTimeoutMs
    const { ref } = table
    const declared = { columns: options.columns, partitionByMonth: host.partitionByMonth }
    return { ref, declared, operation: 'append' as const, commit, ...appendOf(batch, options) }
  })
  return commitWrites(changes, {
    connections: host.connections,
    known: host.known,
    notifiesChanges: host.notifiesChanges,
    lockTimeoutMs,
  })
}

/** The tables that exist and have a version. */
const LISTED = `select n.nspname, c.relname, (select max(version) from ${JOURNAL} v
   where v.table_schema = n.nspname collate "C" and v.table_name = c.relname collate "C") as version
 from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', '${OWN_SCHEMA}')`

async function readListed(connections: Connections, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  try {
    return await connections.use(['begin isolation level repeatable read read only'], async (session) =>
      (await journalExists(session)) ? session.rows(sql) : [],
    )
  } catch (error) {
    throw fromServerError(error, 'list of tables')
  }
}

async function listTables(connections: Connections): Promise<TableRef[]> {
  const rows = await readListed(connections, `select * from (${LISTED}) t where version is not null order by 1, 2`)
  return rows.map(([schema, name]) => ({ schema: String(schema), name: String(name) }))
}

/** Returns the number of tables and the sum of their versions. Every commit increases one of the two. */
async function readChangeMark(connections: Connections): Promise<string> {
  const [row] = await readListed(connections, `select count(version), sum(version) from (${LISTED}) t`)
  return row ? row.join(':') : '-'
}
