import { createHash } from 'node:crypto'
import type { TableRef } from '@forge/writer-core'
import { timeoutSql } from '../connection/connections.ts'

/** Appends share a table; every other write locks it alone. */
export type TableHold = 'shared' | 'alone'

/** Returns the statements that start a write: the tables are held until the transaction ends. The order of locks is the same everywhere. */
export function beginWrite(refs: readonly TableRef[], hold: TableHold, lockTimeoutMs: number): string[] {
  const keys = [...new Set(refs.map((ref) => lockKey('table', ref)))].sort()
  const lock = hold === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock'
  return [
    'begin',
    `set local lock_timeout = ${timeoutSql(lockTimeoutMs)}`,
    ...keys.map((key) => `select ${lock}(${key})`),
  ]
}

/** Returns the number that stands for a lock of the table, as SQL. That of the journal is held by the transaction that adds a version to it. */
export function lockKey(what: 'table' | 'journal', { schema, name }: TableRef): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(['forge-writer', what, schema, name]))
    .digest()
  return `'${hash.readBigInt64BE()}'::bigint`
}
