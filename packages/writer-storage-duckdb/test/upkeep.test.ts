import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { allRows, eq, logBatch, manyRows, openLogs } from './log-rows.ts'

test('vacuum returns space and keeps rows and history', async () => {
  const { path, storage, table } = await openLogs()
  const rows = Array.from({ length: 60_000 }, (_none, index) => ({
    rows_processed: index,
    error_message: createHash('sha256').update(String(index)).digest('base64'),
  }))
  await table.append(logBatch(...rows), { batchId: 'a' })
  await table.optimize({ clusterColumns: ['step_name'] })
  const before = statSync(path).size
  const where = {
    op: 'compare',
    operator: '>',
    left: { kind: 'column', name: 'rows_processed' },
    right: { kind: 'literal', value: 9 },
  } as const
  await table.delete(where, { batchId: 'd' })
  const result = await table.vacuum()
  expect(statSync(path).size).toBeLessThan(before / 2)
  expect(result.bytesFreed).toBeGreaterThan(0)
  expect(await allRows(table)).toHaveLength(10)
  expect((await table.history()).versions.map(({ operation }) => operation)).toEqual([
    'vacuum',
    'delete',
    'optimize',
    'append',
  ])
  await table.append(manyRows(1, 'after'), { batchId: 'e' })
  await storage.close()
  const again = await openLogs(path)
  expect(await allRows(again.table)).toHaveLength(11)
  expect((await again.storage.doctor()).healthy).toBe(true)
  await again.storage.close()
})

test('exports hold what a scan gives, are for their owner alone, and never replace a file', async () => {
  const { path, storage, table } = await openLogs()
  await table.append(
    logBatch(
      { step_name: 'a', error_message: '', start_time: '2024-01-01T00:00:00Z', metadata: { k: [1] } },
      { step_name: 'b' },
    ),
    { batchId: 'a' },
  )
  const query = {
    columns: ['step_name', 'error_message', 'start_time', 'metadata', 'rows_processed'],
    where: eq('success', true),
    orderBy: [{ column: 'step_name' }],
  }
  const target = (name: string) => join(dirname(path), name)
  expect(await table.exportTo({ path: target('x.csv'), format: 'csv', query })).toMatchObject({
    rows: 2,
    paths: [target('x.csv')],
  })
  expect(readFileSync(target('x.csv'), 'utf8').split('\n').slice(1)).toEqual([
    '"a","","2024-01-01T00:00:00.000000Z","{""k"":[1]}","10"',
    '"b",\\N,\\N,\\N,"10"',
    '',
  ])
  await table.exportTo({ path: target('x.ndjson'), format: 'ndjson', query })
  expect(JSON.parse(readFileSync(target('x.ndjson'), 'utf8').split('\n')[0] ?? '')).toEqual({
    step_name: 'a',
    error_message: '',
    start_time: '2024-01-01T00:00:00.000000Z',
    metadata: { k: [1] },
    rows_processed: 10,
  })
  await table.exportTo({ path: target('x.json'), format: 'json', query })
  expect(JSON.parse(readFileSync(target('x.json'), 'utf8'))).toHaveLength(2)
  const parquet = await table.exportTo({ path: target('x.parquet'), format: 'parquet', query, compression: 'snappy' })
  expect(parquet.bytes).toBe(statSync(target('x.parquet')).size)
  expect(statSync(target('x.parquet')).mode & 0o777).toBe(0o600)
  writeFileSync(target('there.csv'), 'mine')
  await expect(table.exportTo({ path: target('there.csv'), format: 'csv' })).rejects.toMatchObject({ code: 'TABLE' })
  expect(readFileSync(target('there.csv'), 'utf8')).toBe('mine')
  await storage.close()
})

test('a big export keeps the order that its query asks for', async () => {
  const { path, storage, table } = await openLogs(undefined, { threads: 2 })
  await table.append(manyRows(150_000), { batchId: 'a' })
  for (const format of ['csv', 'ndjson'] as const) {
    const target = join(dirname(path), `ordered.${format}`)
    const query = { columns: ['rows_processed'], orderBy: [{ column: 'rows_processed', descending: true }] }
    await table.exportTo({ path: target, format, query })
    const numbers = readFileSync(target, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(format === 'csv' ? 1 : 0)
    const found = numbers.map((line) => Number(line.replace(/\D/g, '')))
    expect(found.findIndex((number, index) => number !== 149_999 - index)).toBe(-1)
    expect(found).toHaveLength(150_000)
  }
  await storage.close()
})
