import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { engineErrorKind, fromEngineError, openEngine, quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import { expect, test, vi } from 'vitest'
import { allRows, freshPath, LOGS, manyRows, openLogs } from './log-rows.ts'

/** The memory of the machine, if it is another one than here. */
const machine = vi.hoisted((): { bytes?: number | undefined } => ({}))
vi.mock('node:os', async (load) => {
  const os = await load<typeof import('node:os')>()
  return { ...os, totalmem: () => machine.bytes ?? os.totalmem() }
})

const SETTINGS = `select current_setting('threads') as threads, current_setting('memory_limit') as memory,
  current_setting('checkpoint_threshold') as checkpoint, current_setting('TimeZone') as zone`

test('settings reach the engine, at its start and later', async () => {
  const engine = await openEngine({ threads: 1, memoryLimitBytes: 512 * 1024 * 1024 })
  const session = await engine.session()
  expect(await session.rows(SETTINGS)).toMatchObject([{ threads: 1, memory: '512.0 MiB', zone: 'UTC' }])
  await engine.configure({ threads: 2, memoryLimitBytes: 256 * 1024 * 1024, checkpointBytes: 64 * 1024 * 1024 })
  expect(await session.rows(SETTINGS)).toMatchObject([{ threads: 2, memory: '256.0 MiB', checkpoint: '64.0 MiB' }])
  session.close()
  engine.close()
})

test('order is kept except in work over many rows, and there too if preserveInsertionOrder is set', async () => {
  for (const preserveInsertionOrder of [false, true]) {
    const engine = await openEngine({ threads: 2, preserveInsertionOrder })
    const session = await engine.session()
    const isKept = async () =>
      (await session.rows(`select current_setting('preserve_insertion_order') as kept`))[0]?.kept
    expect(await isKept()).toBe(true)
    const inside = await session.unordered(async () => {
      await expect(session.unordered(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
      return isKept()
    })
    expect(inside).toBe(preserveInsertionOrder)
    expect(await isKept()).toBe(true)
    session.close()
    engine.close()
  }
})

test('rows of a large append keep their order if preserveInsertionOrder is set', async () => {
  const { storage, table } = await openLogs(undefined, { threads: 2, preserveInsertionOrder: true })
  await table.append(manyRows(150_000), { batchId: 'a' })
  const rows = await allRows(table, { columns: ['rows_processed'] })
  expect(rows.findIndex((row, index) => row.rows_processed !== index)).toBe(-1)
  await storage.close()
})

test('a memory fraction that is too small for the work is reported with its setting', async () => {
  const { storage, table } = await openLogs(undefined, { threads: 2 })
  await table.append(manyRows(200_000), { batchId: 'a' })
  machine.bytes = 80_000_000
  storage.configureEngine({ memoryFraction: 0.05 })
  machine.bytes = undefined
  const sorted = table.aggregate({
    groupBy: [{ as: 'step', by: { kind: 'column', name: 'step_name' } }],
    measures: [{ as: 'all', fn: 'countDistinct', of: { kind: 'column', name: 'rows_processed' } }],
  })
  await expect(sorted).rejects.toMatchObject({ code: 'PERFORMANCE' })
  storage.configureEngine({ memoryFraction: 0.5, lockTimeoutMs: 1000 })
  expect(await table.info()).toMatchObject({ rowCount: 200_000 })
  expect(await storage.engineMemoryBytes()).toBeGreaterThan(0)
  await storage.close()
})

test('a small batchSize changes nothing in what is stored', async () => {
  const path = freshPath()
  const storage = duckdbStorage({ path })
  const table = await storage.openTable(LOGS, { batchSize: 70 })
  await table.append(manyRows(5000), { batchId: 'a' })
  const rows = await allRows(table, {
    columns: ['step_name', 'rows_processed', 'error_message'],
    orderBy: [{ column: 'rows_processed' }],
  })
  expect(rows.map((row) => row.step_name)).toEqual(Array.from({ length: 5000 }, (_none, index) => `step-${index}`))
  expect(rows.every((row, index) => row.rows_processed === index && row.error_message === null)).toBe(true)
  await storage.close()
})

test('options that cannot be are refused, all at once', () => {
  expect(() => duckdbStorage({ path: '', idleMs: -1, memoryFraction: 2 })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION', context: { problems: expect.objectContaining({ length: 3 }) } }),
  )
})

test('identifiers are quoted, and those that would cut a statement off are refused', () => {
  expect(quoteIdentifier('a"b; drop table x')).toBe('"a""b; drop table x"')
  expect(() => quoteIdentifier('a\0b')).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
})

test('errors of the engine are classified by their prefix, and their text stays in the cause', () => {
  const kinds = {
    'FATAL Error: the database has been invalidated': 'fatal',
    'INTERNAL Error: x': 'fatal',
    'IO Error: Could not set lock on file "x"': 'locked',
    'IO Error: Could not write file: No space left on device': 'noSpace',
    'TransactionContext Error: Failed to commit: Could not write file "a.wal": No space left on device': 'noSpace',
    'TransactionContext Error: Failed to commit: Could not write file "a.wal": Input/output error': 'io',
    'IO Error: Could not fsync': 'io',
    'TransactionContext Error: Conflict on update!': 'conflict',
    'Constraint Error: NOT NULL constraint failed': 'constraint',
    'Conversion Error: Could not convert string': 'conversion',
    'Out of Memory Error: failed to allocate': 'memory',
    'INTERRUPT Error: Interrupted!': 'interrupted',
    'something else': 'other',
  }
  for (const [text, kind] of Object.entries(kinds))
    expect([text, engineErrorKind(new Error(text))]).toEqual([text, kind])
  const cause = new Error('Constraint Error: a secret value')
  const error = fromEngineError(cause, 'append')
  expect(error.message).not.toContain('secret')
  expect(error.cause).toBe(cause)
})
