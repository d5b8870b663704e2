import { WriterTableError } from '@forge/writer-core'
import { Pool, type PoolClient, type QueryArrayResult } from 'pg'
import type { ServerPlace } from './address.ts'

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
}

/** The connections of a storage to its server. */
export interface Connections {
  /** Runs work on one connection, within a transaction that starts with `begin`. Rolls back if the work fails, or resolves without a commit. */
  use<Result>(begin: string, work: (session: Session) => Promise<Result>): Promise<Result>
  /** Opens a transaction that lasts until it is closed, which rolls it back. */
  open(begin: string): Promise<{ readonly session: Session; close(): Promise<void> }>
  /** Runs a statement outside of a transaction. It waits for locks for at most `lockTimeoutMs`. */
  alone(sql: string, lockTimeoutMs: number): Promise<void>
  close(): Promise<void>
}

/** The time in milliseconds that a connection may take. */
const CONNECT_MS = 15_000
const TEXT = { getTypeParser: () => (value: string) => value }

/** Creates the pool of connections; none is opened before it is needed. */
export function connectionsTo(place: ServerPlace, maxConnections: number): Connections {
  const pool = new Pool({
    host: place.host,
    port: place.port,
    user: place.user,
    password: place.password,
    database: place.database,
    ssl: place.ssl,
    application_name: place.applicationName,
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 10_000,
    allowExitOnIdle: true,
    keepAlive: true,
  })
  // The pool drops a connection that fails while nobody uses it.
  pool.on('error', () => undefined)
  let isClosed = false
  const connect = async () => {
    if (isClosed) throw new WriterTableError('the storage is closed', { committed: 'no' })
    const client = await pool.connect()
    client.on('error', ignore)
    return client
  }
  const giveBack = (client: PoolClient, isBroken: boolean) => {
    client.off('error', ignore)
    if (isBroken) client.on('error', ignore)
    client.release(isBroken)
  }
  const open: Connections['open'] = async (begin) => {
    const client = await connect()
    // A connection that is given back within a transaction would keep its locks.
    const close = async () => {
      const isBroken = await client.query('rollback').then(
        () => false,
        () => true,
      )
      giveBack(client, isBroken)
    }
    try {
      await client.query(begin)
    } catch (error) {
      await close()
      throw error
    }
    return { session: sessionOn(client), close }
  }
  return {
    open,
    async use(begin, work) {
      const { session, close } = await open(begin)
      try {
        return await work(session)
      } finally {
        await close()
      }
    },
    async alone(sql, lockTimeoutMs) {
      const client = await connect()
      let isBroken = false
      try {
        await client.query(`set lock_timeout = ${timeoutSql(lockTimeoutMs)}`)
        await client.query(sql)
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

/** Returns the setting of a timeout. The server takes 0 as no limit. */
export function timeoutSql(ms: number): number {
  return Math.min(2 ** 31 - 1, Math.max(1, Math.round(ms)))
}

/** The driver reports a lost connection to the running statement as well. */
function ignore(): void {}

function sessionOn(client: PoolClient): Session {
  const query = (text: string, values: readonly SqlValue[] = []): Promise<QueryArrayResult<(string | null)[]>> =>
    client.query({ text, values: values.map(bound), rowMode: 'array', types: TEXT })
  return {
    client,
    rows: async (sql, values) => (await query(sql, values)).rows,
    run: async (sql, values) => (await query(sql, values)).rowCount ?? 0,
  }
}

function bound(value: SqlValue): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
