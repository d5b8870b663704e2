import { expect, test } from 'vitest'
import { batchFromRows, batchRows } from '../batch/rows.ts'
import { type Bench, COLUMNS, ids, idsIn, read, rowsOf } from './storage-under-test.ts'

export function testAppend(bench: Bench): void {
  test('a table that does not exist yet reads as empty, at version -1', async () => {
    const table = await bench.table()
    expect(await read(table)).toEqual([])
    expect(await table.info()).toMatchObject({ exists: false, rowCount: 0, version: -1 })
    expect(await table.aggregate({ measures: [{ as: 'n', fn: 'count' }] })).toEqual([{ n: 0 }])
    expect(await table.findBatch('a')).toBeUndefined()
  })

  test('the first write creates the table at version 0, and each write adds one version', async () => {
    const table = await bench.table()
    const first = await table.append(ids(1, 2), { batchId: 'a' })
    expect(first).toMatchObject({ version: 0, alreadyWritten: false, rowsWritten: 2, rowsInserted: 2, rowsUpdated: 0 })
    expect(Number.isNaN(Date.parse(first.timestamp))).toBe(false)
    expect((await table.append(ids(3), { batchId: 'b' })).version).toBe(1)
    expect(await table.info()).toMatchObject({ exists: true, rowCount: 3, version: 1 })
    expect(await idsIn(table)).toEqual([1, 2, 3])
  })

  test('a repeated batch id writes nothing and returns the figures of the first write', async () => {
    const table = await bench.table()
    await table.append(ids(1, 2), { batchId: 'a' })
    await table.append(ids(3), { batchId: 'b' })
    const again = await table.append(ids(7, 8, 9), { batchId: 'a' })
    expect(again).toMatchObject({ version: 0, alreadyWritten: true, rowsWritten: 2 })
    expect(await table.findBatch('a')).toMatchObject({ version: 0, alreadyWritten: true, rowsInserted: 2 })
    expect(await table.findBatch('c')).toBeUndefined()
    expect(await idsIn(table)).toEqual([1, 2, 3])
  })

  test('a batch without rows adds a version and creates the table', async () => {
    const table = await bench.table()
    expect(await table.append(rowsOf(), { batchId: 'a' })).toMatchObject({ version: 0, rowsWritten: 0 })
    expect(await table.info()).toMatchObject({ exists: true, rowCount: 0, version: 0 })
  })

  test('a batch may lack nullable columns and have another column order', async () => {
    const table = await bench.table()
    const [id, name] = COLUMNS
    await table.append(batchFromRows([name, id], [{ name: 'a', id: 1 }]), { batchId: 'a' })
    expect(await read(table, { columns: ['id', 'name', 'secs'] })).toEqual([{ id: 1, name: 'a', secs: null }])
  })

  test('a column that the table lacks is a schema error and leaves the table unchanged', async () => {
    const table = await bench.table()
    await table.append(ids(1), { batchId: 'a' })
    const other = batchFromRows([...COLUMNS, { name: 'more', type: 'string', nullable: true }], [{ id: 2, more: 'x' }])
    await expect(table.append(other, { batchId: 'b' })).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
    expect(await table.findBatch('b')).toBeUndefined()
    expect(await table.info()).toMatchObject({ rowCount: 1, version: 0 })
    expect((await table.append(ids(2), { batchId: 'b' })).version).toBe(1)
  })

  test('a column of another type is a schema error', async () => {
    const table = await bench.table()
    await table.append(ids(1), { batchId: 'a' })
    const other = batchFromRows([{ name: 'id', type: 'string', nullable: false }], [{ id: 'two' }])
    await expect(table.append(other, { batchId: 'b' })).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
    expect(await idsIn(table)).toEqual([1])
  })

  test('concurrent appends are all stored, each as its own version', async () => {
    const table = await bench.table()
    await table.append(rowsOf(), { batchId: 'start' })
    const writes = Array.from({ length: 20 }, (_none, at) => table.append(ids(at), { batchId: `b${at}` }))
    const versions = (await Promise.all(writes)).map(({ version }) => version).sort((a, b) => a - b)
    expect(versions).toEqual(Array.from({ length: 20 }, (_none, at) => at + 1))
    expect(await idsIn(table)).toEqual(Array.from({ length: 20 }, (_none, at) => at))
  })

  test('concurrent writes with one batch id are stored once', async () => {
    const table = await bench.table()
    await table.append(rowsOf(), { batchId: 'start' })
    const results = await Promise.all(Array.from({ length: 5 }, () => table.append(ids(1), { batchId: 'same' })))
    expect(results.filter(({ alreadyWritten }) => !alreadyWritten)).toHaveLength(1)
    expect(await idsIn(table)).toEqual([1])
  })

  test.each(['ü/日本 🎉', '"; drop table x', 'a\\b\n', 'x'.repeat(2000), '0', ' '])(
    'a batch id may be any text (%j)',
    async (batchId) => {
      const table = await bench.table()
      await table.append(ids(1), { batchId })
      expect(await table.append(ids(2), { batchId })).toMatchObject({ alreadyWritten: true, version: 0 })
      expect(await table.findBatch(`${batchId}x`)).toBeUndefined()
      expect(await idsIn(table)).toEqual([1])
    },
  )

  test('a batch that is written with two ids is stored twice', async () => {
    const table = await bench.table()
    const batch = ids(1)
    await table.append(batch, { batchId: 'a' })
    await table.append(batch, { batchId: 'b' })
    expect(await idsIn(table)).toEqual([1, 1])
  })

  test('rows that were read do not change with later writes', async () => {
    const table = await bench.table()
    await table.append(ids(1, 2), { batchId: 'a' })
    const batches = []
    for await (const batch of table.scan({ orderBy: [{ column: 'id' }] })) batches.push(batch)
    await table.append(ids(3), { batchId: 'b' })
    await table.overwrite?.(ids(4), { batchId: 'c' })
    expect(batches.flatMap((batch) => [...batchRows(batch)]).map(({ id }) => id)).toEqual([1, 2])
  })
}
