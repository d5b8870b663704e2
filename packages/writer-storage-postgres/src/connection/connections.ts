import { WriterTableError } from '@forge/writer-core'
import { traceCall } from '@forge/writer-core/storage'
import { type ClientConfig, Pool, type PoolClient, type QueryArrayResult, type QueryConfig } from 'pg'
import type { ServerPlace } from './address.ts'
import { queryWithCopy } from './copy-query.ts'
import { noteServer } from './server-errors.ts'

/** A value that is bound to a statement. */
export type SqlValue = string | number | bigint | boolean | null | Buffer | readonly string[]

/** A row of values in the text form of the server. */
export type TextRow = readonly (string | null)[]

/** One connection. */
export interface Session {
  readonly client: PoolClient
  /** Runs a statement. Resolves with its rows. */
  rows(sql: string, values?: readonly SqlValue[]): Promise<readonly TextRow[]>
  /** Runs a statement. Resolves with the number of rows that it changed. */
  run(sql: string, values?: readonly SqlValue[]): Promise<number>
  /** Runs several statements, without values, in one round trip. Resolves with the rows of each. */
  all(sql: readonly string[]): Promise<readonly (readonly TextRow[])[]>
  /** Runs several statements, of which `commit` is added as the last one, in one round trip. Resolves with the rows of the others. */
  commit(sql: readonly string[]): Promise<readonly (readonly TextRow[])[]>
  /**
   * Runs statements, the last of which is a COPY that reads `bytes`, and those of `after` with a commit, in one round trip. Resolves with the rows of
   * each.
   */
  copyAndCommit(
    sql: readonly string[],
    bytes: Buffer,
    after: readonly string[],
  ): Promise<readonly (readonly TextRow[])[]>
}

/** The rows of each statement that started a transaction. */
export type Begun = readonly (readonly TextRow[])[]

/** The connections of a storage to its server. */
export interface Connections {
  /**
   * Runs work on one connection, within a transaction that starts with the statements of `begin`, whose rows the work gets. Rolls back if the work fails,
   * or resolves without a commit.
   */
  use<Result>(
    begin: readonly string[],
    work: (session: Session, begun: Begun) => Promise<Result>,
    /** The name of the table for whose lock the transaction may wait; the wait is published. */
    lock?: string,
  ): Promise<Result>
  /** Opens a transaction that lasts until it is closed, which rolls it back unless it was committed. */
  open(
    begin: readonly string[],
    lock?: string,
  ): Promise<{ readonly session: Session; readonly begun: Begun; close(): Promise<void> }>
  /** Runs a statement outside of a transaction. It waits for locks for at most `lockTimeoutMs`. */
  alone(sql: string, lockTimeoutMs: number): Promise<void>
  close(): Promise<void>
}

/** The time in milliseconds that a connection may take. */
const CONNECT_MS = 15_000
const TEXT = { getTypeParser: () => (value: string) => value }

/** Creates the pool of connections; none is opened before it is needed. */
export function connectionsTo(place: ServerPlace, maxConnections: number): Connections {
  const pool = newPool(place, maxConnections)
  const { location } = place
  let isClosed = false
  const connect = async () => {
    if (isClosed) throw new WriterTableError('the storage is closed', { committed: 'no' })
    const client = await noteServer(location, () => pool.connect())
    client.on('error', ignore)
    return client
  }
  const giveBack = (client: PoolClient, isBroken: boolean) => {
    client.off('error', ignore)
    if (isBroken) client.on('error', ignore)
    client.release(isBroken)
  }
  const open: Connections['open'] = async (begin, lock) => {
    const client = await connect()
    const state = { isOver: false }
    const session = sessionOn(client, state, location)
    // A connection that is given back within a transaction would keep its locks.
    const close = async () => {
      const isBroken =
        !state.isOver &&
        (await client.query('rollback').then(
          () => false,
          () => true,
        ))
      giveBack(client, isBroken)
    }
    try {
      return { session, begun: await waitFor(lock, () => session.all(begin)), close }
    } catch (error) {
      await close()
      throw error
    }
  }
  return {
    open,
    async use(begin, work, lock) {
      const { session, begun, close } = await open(begin, lock)
      try {
        return await noteServer(location, () => work(session, begun))
      } finally {
        await close()
      }
    },
    async alone(sql, lockTimeoutMs) {
      const client = await connect()
      let isBroken = false
      try {
        await noteServer(location, () =>
          client.query(`set lock_timeout = ${timeoutSql(lockTimeoutMs)}`).then(() => client.query(sql)),
        )
      } finally {
        await client.query('reset lock_timeout').catch(() => {
          isBroken = true
        })
        giveBack(client, isBroken)
      }
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await pool.end()
    },
  }
}

/** Returns the options of a connection, as the driver names them. */
export function clientOptions(place: ServerPlace): ClientConfig {
  return {
    host: place.host,
    port: place.port,
    user: place.user,
    password: place.password,
    database: place.database,
    ssl: place.ssl,
    application_name: place.applicationName,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  }
}

function newPool(place: ServerPlace, maxConnections: number): Pool {
  const pool = new Pool({
    ...clientOptions(place),
    max: maxConnections,
    idleTimeoutMillis: 10_000,
    allowExitOnIdle: true,
  })
  // The pool drops a connection that fails while nobody uses it.
  pool.on('error', () => undefined)
  return pool
}

/** Returns the setting of a timeout. The server takes 0 as no limit. */
export function timeoutSql(ms: number): number {
  return Math.min(2 ** 31 - 1, Math.max(1, Math.round(ms)))
}

/** The driver reports a lost connection to the running statement as well. */
function ignore(): void {}

/** Publishes that a transaction may wait for the lock of a table, if there is one. */
export function waitFor<Result>(lock: string | undefined, work: () => Promise<Result>): Promise<Result> {
  return lock === undefined ? work() : traceCall('lock', { key: lock }, work)
}

function sessionOn(client: PoolClient, state: { isOver: boolean }, location: string): Session {
  const query = (text: string, values: readonly SqlValue[] = []): Promise<QueryArrayResult<(string | null)[]>> =>
    noteServer(location, () => client.query({ text, values: values.map(bound), rowMode: 'array', types: TEXT }))
  const all: Session['all'] = async (sql) => {
    if (sql.length === 0) return []
    const text = sql.join(';\n')
    // The driver resolves with a list if there are several statements.
    const results: unknown = await noteServer(location, () => client.query({ text, rowMode: 'array', types: TEXT }))
    const list = (Array.isArray(results) ? results : [results]) as readonly QueryArrayResult<(string | null)[]>[]
    return list.map(({ rows }) => rows)
  }
  return {
    client,
    rows: async (sql, values) => (await query(sql, values)).rows,
    run: async (sql, values) => (await query(sql, values)).rowCount ?? 0,
    all,
    async commit(sql) {
      const rows = await all([...sql, 'commit'])
      state.isOver = true
      return rows.slice(0, -1)
    },
    async copyAndCommit(sql, bytes, after) {
      const text = [...sql, ...after, 'commit'].join(';\n')
      const results = await queryWithCopy(client, { text, rowMode: 'array', types: TEXT } as QueryConfig, bytes)
      state.isOver = true
      return results.slice(0, -1).map(({ rows }) => rows)
    },
  }
}

function bound(value: SqlValue): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
