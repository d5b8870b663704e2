import { expect, test } from 'vitest'
import { batchFromRows } from '../batch/rows.ts'
import { emptyBatch } from '../batch/select.ts'
import { eq, gt, lte } from '../predicate/build.ts'
import { type Bench, COLUMNS, ids, idsIn, read, rowsOf } from './storage-under-test.ts'

const byId = { keys: ['id'] } as const

/** Tests overwrite, merge and delete, if the storage supports them. */
export function testChanges(bench: Bench): void {
  test('overwrite replaces all rows, or those that match a condition', async () => {
    const table = await bench.tableWith('overwrite')
    await table.overwrite(ids(1, 2, 3), { batchId: 'a' })
    const part = await table.overwrite(ids(7), gt('id', 1), { batchId: 'b' })
    expect(part).toMatchObject({ version: 1, rowsInserted: 1, rowsDeleted: 2 })
    expect(await idsIn(table)).toEqual([1, 7])
    expect(await table.overwrite(ids(9), { batchId: 'b' })).toMatchObject({ alreadyWritten: true, version: 1 })
    await table.overwrite(emptyBatch(COLUMNS), { batchId: 'c' })
    expect(await table.info()).toMatchObject({ rowCount: 0, version: 2 })
  })

  test('merge updates stored rows, keeps their created_at, and adds the other rows', async () => {
    const table = await bench.tableWith('merge')
    const [first, second] = ['2024-01-01T00:00:00.000000Z', '2024-02-01T00:00:00.000000Z']
    await table.append(rowsOf({ id: 1, name: 'old', secs: 1, created_at: first }, { id: 2, created_at: first }), {
      batchId: 'a',
    })
    const incoming = rowsOf({ id: 1, name: 'new', created_at: second }, { id: 3, created_at: second })
    const merged = await table.merge(incoming, { ...byId, whenMatched: 'update' }, { batchId: 'b' })
    expect(merged).toMatchObject({ rowsWritten: 2, rowsInserted: 1, rowsUpdated: 1, rowsSkipped: 0 })
    const found = await read(table, { columns: ['id', 'name', 'secs', 'created_at'], orderBy: [{ column: 'id' }] })
    expect(found).toEqual([
      { id: 1, name: 'new', secs: null, created_at: first },
      { id: 2, name: null, secs: null, created_at: first },
      { id: 3, name: null, secs: null, created_at: second },
    ])
  })

  test('if keys of one batch are equal, update takes the last row and ignore the first', async () => {
    const table = await bench.tableWith('merge')
    const twice = rowsOf({ id: 1, name: 'first' }, { id: 1, name: 'last' })
    await table.merge(twice, { ...byId, whenMatched: 'update' }, { batchId: 'a' })
    expect((await read(table)).map(({ name }) => name)).toEqual(['last'])
    const ignored = await table.merge(
      rowsOf({ id: 1, name: 'x' }, { id: 2, name: 'first' }, { id: 2, name: 'last' }),
      { ...byId, whenMatched: 'ignore' },
      { batchId: 'b' },
    )
    expect(ignored).toMatchObject({ rowsWritten: 1, rowsInserted: 1, rowsSkipped: 2 })
    expect((await read(table)).map(({ name }) => name).sort()).toEqual(['first', 'last'])
  })

  test('a null key matches nothing', async () => {
    const table = await bench.tableWith('merge')
    await table.append(rowsOf({ id: 1 }), { batchId: 'a' })
    const options = { keys: ['name'], whenMatched: 'update' } as const
    await table.merge(rowsOf({ id: 2 }, { id: 3 }), options, { batchId: 'b' })
    expect(await idsIn(table)).toEqual([1, 2, 3])
  })

  test('a merge key that is not a column is rejected', async () => {
    const table = await bench.tableWith('merge')
    const merged = table.merge(ids(1), { keys: ['nope'], whenMatched: 'update' }, { batchId: 'a' })
    await expect(merged).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
    expect((await table.info()).exists).toBe(false)
  })

  test('delete removes the rows for which the condition is true, not those for which it is unknown', async () => {
    const table = await bench.table()
    bench.needs(table, 'delete')
    await table.append(rowsOf({ id: 1, secs: 1 }, { id: 2 }, { id: 3, secs: 9 }), { batchId: 'a' })
    const deleted = await table.delete(lte('secs', 5), { batchId: 'b' })
    expect(deleted).toMatchObject({ version: 1, rowsDeleted: 1, rowsWritten: 0 })
    expect(await idsIn(table)).toEqual([2, 3])
    expect(await table.delete(eq('id', 3), { batchId: 'b' })).toMatchObject({ alreadyWritten: true })
    expect(await idsIn(table)).toEqual([2, 3])
  })

  test('a merge creates the table, and adds a version even without rows', async () => {
    const table = await bench.tableWith('merge')
    const options = { ...byId, whenMatched: 'ignore' } as const
    expect(await table.merge(ids(1, 2), options, { batchId: 'a' })).toMatchObject({ version: 0, rowsInserted: 2 })
    expect(await table.merge(ids(), options, { batchId: 'b' })).toMatchObject({ version: 1, rowsWritten: 0 })
    expect(await table.merge(ids(9), options, { batchId: 'b' })).toMatchObject({ alreadyWritten: true, version: 1 })
    expect(await idsIn(table)).toEqual([1, 2])
  })

  test('a merge updates all stored rows with the key', async () => {
    const table = await bench.tableWith('merge')
    await table.append(rowsOf({ id: 1, name: 'a' }, { id: 1, name: 'b' }), { batchId: 'a' })
    await table.append(rowsOf({ id: 1, name: 'c' }, { id: 2, name: 'c' }), { batchId: 'b' })
    const merged = await table.merge(
      rowsOf({ id: 1, name: 'new' }),
      { ...byId, whenMatched: 'update' },
      { batchId: 'c' },
    )
    expect(merged).toMatchObject({ rowsWritten: 3, rowsInserted: 0, rowsUpdated: 3, rowsDeleted: 0 })
    expect((await read(table)).map(({ name }) => name).sort()).toEqual(['c', 'new', 'new', 'new'])
  })

  test('keys of several columns match if all are equal, whatever their types', async () => {
    const table = await bench.tableWith('merge')
    const [at, later] = ['2024-01-01T00:00:00.000001Z', '2024-01-01T00:00:00.000002Z']
    await table.append(
      rowsOf(
        { id: 1, name: '', secs: 0.1, ok: true, at },
        { id: 2, name: '', secs: 0.1, ok: true },
        { id: 3, name: '\ufeff', secs: Number.NaN, ok: false, at },
      ),
      { batchId: 'a' },
    )
    const incoming = rowsOf(
      { id: 10, name: '', secs: 0.1, ok: true, at },
      { id: 20, name: '', secs: 0.1, ok: true },
      { id: 30, name: '\ufeff', secs: Number.NaN, ok: false, at },
      { id: 40, name: '', secs: 0.1, ok: true, at: later },
    )
    const keys = ['name', 'secs', 'ok', 'at']
    const merged = await table.merge(incoming, { keys, whenMatched: 'update' }, { batchId: 'b' })
    expect(merged).toMatchObject({ rowsUpdated: 2, rowsInserted: 2 })
    expect(await idsIn(table)).toEqual([2, 10, 20, 30, 40])
  })

  test('a merge without keys is rejected', async () => {
    const table = await bench.tableWith('merge')
    const merged = table.merge(ids(1), { keys: [], whenMatched: 'update' }, { batchId: 'a' })
    await expect(merged).rejects.toMatchObject({ code: 'CONFIGURATION', committed: 'no' })
  })

  test('an update keeps a null created_at', async () => {
    const table = await bench.tableWith('merge')
    await table.append(ids(1), { batchId: 'a' })
    const incoming = rowsOf({ id: 1, created_at: '2024-01-01T00:00:00Z' })
    await table.merge(incoming, { ...byId, whenMatched: 'update' }, { batchId: 'b' })
    expect(await read(table, { columns: ['created_at'] })).toEqual([{ created_at: null }])
  })

  test('a merge with created_at fills it in stored rows', async () => {
    const columns = COLUMNS.filter(({ name }) => name !== 'created_at')
    const table = await bench.tableWith('merge', { columns, evolveSchema: true })
    await table.append(batchFromRows(columns, [{ id: 1 }, { id: 2 }]), { batchId: 'a' })
    const created_at = '2024-01-01T00:00:00.000000Z'
    await table.merge(rowsOf({ id: 1, created_at }), { ...byId, whenMatched: 'update' }, { batchId: 'b' })
    expect(await read(table, { columns: ['id', 'created_at'], orderBy: [{ column: 'id' }] })).toEqual([
      { id: 1, created_at },
      { id: 2, created_at: null },
    ])
  })

  test('a delete creates no table and may match nothing', async () => {
    const table = await bench.tableWith('delete')
    expect(await table.delete(eq('id', 1), { batchId: 'a' })).toMatchObject({ version: -1, rowsDeleted: 0 })
    expect(await table.info()).toMatchObject({ exists: false, version: -1 })
    await table.append(ids(1), { batchId: 'b' })
    expect(await table.delete(eq('id', 7), { batchId: 'c' })).toMatchObject({ version: 1, rowsDeleted: 0 })
    expect(await table.delete({ op: 'true' }, { batchId: 'd' })).toMatchObject({ version: 2, rowsDeleted: 1 })
    expect(await table.info()).toMatchObject({ exists: true, rowCount: 0 })
  })
}
