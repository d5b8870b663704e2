import { expect, test } from 'vitest'
import { gt } from '../predicate/build.ts'
import { parsePredicate } from '../predicate/parse/parse-predicate.ts'
import { type Bench, ids, idsIn, read, rowsOf } from './storage-under-test.ts'

export function testScan(bench: Bench): void {
  test('columns match in any letter case, and have the requested names', async () => {
    const table = await bench.table()
    await table.append(ids(1, 2), { batchId: 'a' })
    const where = parsePredicate(`NAME = 'n2' and Id in (2, 3)`)
    const found = await read(table, { columns: ['ID', 'Name'], where, orderBy: [{ column: 'iD', descending: true }] })
    expect(found).toEqual([{ ID: 2, Name: 'n2' }])
    const [row] = await table.aggregate({
      where: parsePredicate("lower(NAME) = 'n1'"),
      measures: [{ as: 'most', fn: 'max', of: { kind: 'column', name: 'ID' } }],
    })
    expect(row).toEqual({ most: 1 })
    if (table.delete)
      expect(await table.delete(parsePredicate('ID = 1'), { batchId: 'd' })).toMatchObject({ rowsDeleted: 1 })
  })

  test('columns have the requested order', async () => {
    const table = await bench.table()
    await table.append(ids(1), { batchId: 'a' })
    const [row] = await read(table, { columns: ['name', 'id'] })
    expect(Object.entries(row ?? {})).toEqual([
      ['name', 'n1'],
      ['id', 1],
    ])
  })

  test('rows are ordered, with nulls last by default', async () => {
    const table = await bench.table()
    await table.append(rowsOf({ id: 1, secs: 2 }, { id: 2 }, { id: 3, secs: Number.NaN }, { id: 4, secs: -1 }), {
      batchId: 'a',
    })
    const order = async (more: object) =>
      (await read(table, { orderBy: [{ column: 'secs', ...more }] })).map(({ id }) => id)
    expect(await order({})).toEqual([4, 1, 3, 2])
    expect(await order({ descending: true })).toEqual([3, 1, 4, 2])
    expect(await order({ nulls: 'first' })).toEqual([2, 4, 1, 3])
  })

  test('text is ordered by code point', async () => {
    const table = await bench.table()
    const names = ['\uffee', '🎉', 'a', 'Z', '', 'ä']
    await table.append(rowsOf(...names.map((name, id) => ({ id, name }))), { batchId: 'a' })
    const found = await read(table, { orderBy: [{ column: 'name' }] })
    expect(found.map(({ name }) => name)).toEqual(['', 'Z', 'a', 'ä', '\uffee', '🎉'])
  })

  test('limit and offset apply with and without an order', async () => {
    const table = await bench.table()
    await table.append(ids(5, 3, 1), { batchId: 'a' })
    await table.append(ids(4, 2), { batchId: 'b' })
    const page = await read(table, { orderBy: [{ column: 'id' }], limit: 2, offset: 1 })
    expect(page.map(({ id }) => id)).toEqual([2, 3])
    expect(await read(table, { limit: 2 })).toHaveLength(2)
    expect(await read(table, { limit: 0 })).toEqual([])
    expect(await read(table, { offset: 4 })).toHaveLength(1)
    expect(await idsIn(table, { where: gt('id', 2), limit: 10 })).toEqual([3, 4, 5])
  })

  test('batches are not larger than requested', async () => {
    const table = await bench.table()
    await table.append(ids(...Array.from({ length: 1000 }, (_none, id) => id)), { batchId: 'a' })
    const sizes: number[] = []
    for await (const batch of table.scan({ batchRows: 64 })) sizes.push(batch.rowCount)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1000)
  })

  test.each([{ limit: -1 }, { offset: 0.5 }, { batchRows: 0 }])('the scan %j is rejected', async (query) => {
    const table = await bench.table()
    await table.append(ids(1), { batchId: 'a' })
    await expect(read(table, query)).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })

  test('names of missing columns are a schema error', async () => {
    const table = await bench.table()
    await table.append(ids(1), { batchId: 'a' })
    await expect(read(table, { columns: ['nope'] })).rejects.toMatchObject({ code: 'SCHEMA' })
    await expect(read(table, { orderBy: [{ column: 'nope' }] })).rejects.toMatchObject({ code: 'SCHEMA' })
    await expect(read(table, { where: gt('nope', 1) })).rejects.toMatchObject({ code: 'SCHEMA' })
  })

  test('a scan reads one snapshot and may be stopped early', async () => {
    const table = await bench.table()
    await table.append(ids(...Array.from({ length: 5000 }, (_none, id) => id)), { batchId: 'a' })
    let seen = 0
    for await (const batch of table.scan({ batchRows: 500 })) {
      if (seen === 0) await table.append(ids(9999), { batchId: 'b' })
      seen += batch.rowCount
    }
    expect(seen).toBe(5000)
    for await (const _batch of table.scan({ batchRows: 10 })) break
    expect((await table.append(ids(10_000), { batchId: 'c' })).version).toBe(2)
  })

  test('an aborted scan throws', async () => {
    const table = await bench.table()
    await table.append(ids(1), { batchId: 'a' })
    await expect(read(table, { signal: AbortSignal.abort() })).rejects.toThrow()
  })
}
