import { describePostgres } from '@forge/fixtures/postgres-tests'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { afterEach, expect, test } from 'vitest'
import { fromServerError } from '../src/connection/server-errors.ts'
import { dropAll, runSql } from './drop-all.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'int64', nullable: false }]
const batch = (...ids: number[]) =>
  batchFromRows(
    COLUMNS,
    ids.map((id) => ({ id })),
  )

test.each([
  [{ code: '40001' }, 'CONCURRENCY', true],
  [{ code: '40P01' }, 'CONCURRENCY', true],
  [{ code: '23505', schema: 'forge_writer' }, 'CONCURRENCY', true],
  [{ code: '23505', schema: 'pg_catalog' }, 'CONCURRENCY', true],
  [{ code: '23505', schema: 'public' }, 'SCHEMA', false],
  [{ code: '23502' }, 'SCHEMA', false],
  [{ code: '22003' }, 'SCHEMA', false],
  [{ code: 'XX000', message: 'tuple concurrently updated' }, 'CONCURRENCY', true],
  [{ code: 'XX000', message: 'unexpected chunk number 3' }, 'TABLE', false],
  [{ code: 'XX001', message: 'invalid page in block 7' }, 'TABLE', false],
  [{ code: '58030' }, 'TABLE', false],
  [{ code: '55P03' }, 'CONCURRENCY', false],
  [{ code: '53300' }, 'TABLE', true],
  [{ code: '57P01' }, 'TABLE', true],
  [{ code: '08006' }, 'TABLE', true],
  [{ code: 'ECONNREFUSED' }, 'TABLE', true],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'TABLE', false],
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'TABLE', false],
  [{ code: '25006' }, 'UNSUPPORTED', false],
  [{ code: '28P01' }, 'TABLE', false],
  [{ code: '57014' }, 'PERFORMANCE', false],
] as const)('the error %j is %s, and transient: %s', (fields, code, transient) => {
  const error = fromServerError(Object.assign(new Error('a row of the server'), fields), 'append to s.t')
  expect([error.code, error.transient]).toEqual([code, transient])
  expect(error.message).not.toContain('a row of the server')
})

describePostgres('errors of a PostgreSQL server', (server) => {
  afterEach(() => dropAll(server))

  test('a row that a unique constraint of the table refuses is an error of the values, which no repetition helps', async () => {
    await runSql(server, 'create schema s; create table s.t (id bigint primary key)')
    const storage = postgresStorage({ url: server.url })
    const table = await storage.openTable({ schema: 's', name: 't' })
    await table.append(batch(1), { batchId: 'a' })
    const again = table.append(batch(1), { batchId: 'b' })
    await expect(again).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no', transient: false })
    expect(await table.append(batch(2), { batchId: 'c' })).toMatchObject({ version: 1, rowsInserted: 1 })
    await storage.close()
  })

  test('a server that accepts no writes says so', async () => {
    await runSql(server, 'alter database postgres set default_transaction_read_only = on')
    try {
      const storage = postgresStorage({ url: server.url })
      const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
      await expect(table.append(batch(1), { batchId: 'a' })).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        committed: 'no',
      })
      await storage.close()
    } finally {
      await runSql(server, 'begin read write; alter database postgres reset default_transaction_read_only; commit')
    }
  })
})
