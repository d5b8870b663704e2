import { expect, test } from 'vitest'
import { eq } from '../predicate/build.ts'
import { type Bench, ids, idsIn } from './storage-under-test.ts'

/** History, time travel and restore, where the storage has them. */
export function testHistory(bench: Bench): void {
  test('history tells what each version did, newest first', async ({ skip }) => {
    const table = await bench.table()
    if (!table.history) return skip('the storage has no history')
    await table.append(ids(1, 2), { batchId: 'a', writer: 'me', note: { why: 'test' } })
    await table.append(ids(3), { batchId: 'b' })
    if (table.delete) await table.delete(eq('id', 1), { batchId: 'c' })
    const { totalVersions, versions } = await table.history()
    expect(totalVersions).toBe(table.delete ? 3 : 2)
    expect(versions.at(-1)).toMatchObject({
      version: 0,
      operation: 'append',
      rowCount: 2,
      rowsAdded: 2,
      rowsRemoved: 0,
      batchId: 'a',
      writer: 'me',
      note: { why: 'test' },
    })
    expect(versions.at(-2)).toMatchObject({ version: 1, rowCount: 3, batchId: 'b', note: null })
    if (table.delete) expect(versions[0]).toMatchObject({ version: 2, operation: 'delete', rowCount: 2 })
    const limited = await table.history({ limit: 1 })
    expect([limited.totalVersions, limited.versions.length]).toEqual([totalVersions, 1])
  })

  test('a version can be read as it was', async ({ skip }) => {
    const table = await bench.table()
    if (!table.at) return skip('the storage has no time travel')
    await table.append(ids(1), { batchId: 'a' })
    await table.append(ids(2), { batchId: 'b' })
    const before = await table.at(0)
    expect(await idsIn(before)).toEqual([1])
    expect((await before.info()).rowCount).toBe(1)
    expect(await before.aggregate({ measures: [{ as: 'n', fn: 'count' }] })).toEqual([{ n: 1 }])
    await expect(table.at(7).then((reader) => idsIn(reader))).rejects.toMatchObject({ code: 'TABLE' })
  })

  test('restore makes the table what it was, as a new version', async ({ skip }) => {
    const table = await bench.table()
    if (!table.restore) return skip('the storage cannot restore')
    await table.append(ids(1), { batchId: 'a' })
    await table.append(ids(2), { batchId: 'b' })
    expect((await table.restore(0, { batchId: 'c' })).version).toBe(2)
    expect(await idsIn(table)).toEqual([1])
    await table.append(ids(3), { batchId: 'd' })
    expect(await idsIn(table)).toEqual([1, 3])
    if (table.at) expect(await idsIn(await table.at(1))).toEqual([1, 2])
  })
}
