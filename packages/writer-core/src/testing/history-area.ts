import { expect, test } from 'vitest'
import { batchFromRows } from '../batch/rows.ts'
import { eq } from '../predicate/build.ts'
import { type Bench, COLUMNS, ids, idsIn, read } from './storage-under-test.ts'

/** Tests history, time travel and restore, if the storage supports them. */
export function testHistory(bench: Bench): void {
  test('history shows the operation of each version, newest first', async () => {
    const table = await bench.tableWith('history')
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

  test.for([1.5, -1, Number.NaN, Number.POSITIVE_INFINITY])('a limit of %s is rejected', async (limit) => {
    const table = await bench.table()
    bench.needs(table, 'history')
    await table.append(ids(1), { batchId: 'a' })
    await expect(table.history({ limit })).rejects.toMatchObject({ code: 'CONFIGURATION', committed: 'no' })
  })

  test('an earlier version can be read', async () => {
    const table = await bench.tableWith('at')
    await table.append(ids(1), { batchId: 'a' })
    await table.append(ids(2), { batchId: 'b' })
    const before = await table.at(0)
    expect(await idsIn(before)).toEqual([1])
    expect((await before.info()).rowCount).toBe(1)
    expect(await before.aggregate({ measures: [{ as: 'n', fn: 'count' }] })).toEqual([{ n: 1 }])
    await expect(table.at(7).then((reader) => idsIn(reader))).rejects.toMatchObject({ code: 'TABLE' })
  })

  test('restore brings back an earlier version as a new version', async () => {
    const table = await bench.tableWith('restore')
    await table.append(ids(1), { batchId: 'a' })
    await table.append(ids(2), { batchId: 'b' })
    expect((await table.restore(0, { batchId: 'c' })).version).toBe(2)
    expect(await idsIn(table)).toEqual([1])
    await table.append(ids(3), { batchId: 'd' })
    expect(await idsIn(table)).toEqual([1, 3])
    if (table.at) expect(await idsIn(await table.at(1))).toEqual([1, 2])
  })

  test('history shows how many rows each operation changed', async () => {
    const table = await bench.tableWith('history')
    await table.append(ids(1, 2, 3, 4), { batchId: 'a' })
    const merge = { keys: ['id'], whenMatched: 'update' } as const
    await table.merge?.(ids(4, 5), merge, { batchId: 'merged' })
    await table.merge?.(ids(5, 6), { ...merge, whenMatched: 'ignore' }, { batchId: 'ignored' })
    await table.delete?.(eq('id', 1), { batchId: 'deleted' })
    await table.overwrite?.(ids(7), eq('id', 2), { batchId: 'overwritten' })
    const { versions } = await table.history()
    const expected = [
      ...(table.merge ? [['merge', 'merged', 2, 1] as const, ['ignore', 'ignored', 1, 0] as const] : []),
      ...(table.delete ? [['delete', 'deleted', 0, 1] as const] : []),
      ...(table.overwrite ? [['overwrite', 'overwritten', 1, 1] as const] : []),
    ]
    const found = versions.filter(({ version }) => version > 0).reverse()
    expect(found.map((each) => [each.operation, each.batchId, each.rowsAdded, each.rowsRemoved])).toEqual(expected)
    expect(versions[0]?.rowCount).toBe((await table.info()).rowCount)
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_each, at) => versions.length - 1 - at))
  })

  test('history has a writer and a time even if none was given', async () => {
    const table = await bench.tableWith('history')
    expect(await table.history()).toEqual({ totalVersions: 0, versions: [] })
    const before = Date.now()
    await table.append(ids(1), { batchId: 'a' })
    const [version] = (await table.history()).versions
    expect(version?.writer).toMatch(/./)
    expect(version?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(Math.abs(Date.parse(version?.timestamp ?? '') - before)).toBeLessThan(600_000)
  })

  test('a time selects the version that was the newest at that time', async () => {
    const table = await bench.table()
    bench.needs(table, 'at', 'history')
    for (const id of [1, 2, 3]) await table.append(ids(id), { batchId: `b${id}` })
    const { versions } = await table.history()
    for (const { timestamp } of versions) {
      const newest = versions.find((each) => each.timestamp <= timestamp)
      const then = await table.at(new Date(timestamp))
      expect((await then.info()).version).toBe(newest?.version)
    }
    expect(await idsIn(await table.at(new Date(Date.now() + 3_600_000)))).toEqual([1, 2, 3])
    await expect(table.at(new Date('2001-01-01T00:00:00Z')).then(idsIn)).rejects.toMatchObject({ code: 'TABLE' })
  })

  test.for([-1, 0.5, 3, Number.NaN])(
    'reading or restoring version %d is rejected if it does not exist',
    async (version) => {
      const table = await bench.table()
      bench.needsOneOf(table, 'at', 'restore')
      await table.append(ids(1), { batchId: 'a' })
      const read = table.at && (async () => idsIn((await table.at?.(version)) ?? table))
      const restore = table.restore && (async () => table.restore?.(version, { batchId: 'b' }))
      for (const call of [read, restore]) if (call) await expect(call()).rejects.toMatchObject({ code: 'TABLE' })
      expect(await table.info()).toMatchObject({ version: 0, rowCount: 1 })
    },
  )

  test('an earlier version has the columns of its time', async () => {
    const table = await bench.tableWith('at', { columns: COLUMNS, evolveSchema: true })
    await table.append(ids(1), { batchId: 'a' })
    const more = { name: 'more', type: 'string', nullable: true } as const
    await table.append(batchFromRows([...COLUMNS, more], [{ id: 2, more: 'x' }]), { batchId: 'b' })
    expect((await (await table.at(0)).info()).columns).toHaveLength(COLUMNS.length)
    expect((await (await table.at(1)).info()).columns).toHaveLength(COLUMNS.length + 1)
    if (!table.restore) return
    await table.restore(0, { batchId: 'c' })
    expect((await table.info()).columns).toHaveLength(COLUMNS.length)
    expect(await idsIn(await table.at(1))).toEqual([1, 2])
    await table.append(batchFromRows([...COLUMNS, more], [{ id: 3, more: 'y' }]), { batchId: 'd' })
    expect(await read(table, { columns: ['id', 'more'], orderBy: [{ column: 'id' }] })).toEqual([
      { id: 1, more: null },
      { id: 3, more: 'y' },
    ])
  })

  test('a restore takes a batch id like every write, and a time as well as a version', async () => {
    const table = await bench.tableWith('restore')
    await table.append(ids(1), { batchId: 'a' })
    await table.append(ids(2), { batchId: 'b' })
    expect(await table.restore(0, { batchId: 'b' })).toMatchObject({ alreadyWritten: true, version: 1 })
    expect(await idsIn(table)).toEqual([1, 2])
    await table.restore(0, { batchId: 'c' })
    expect(await table.restore(1, { batchId: 'c' })).toMatchObject({ alreadyWritten: true, version: 2 })
    await table.restore(new Date(Date.now() + 3_600_000), { batchId: 'd' })
    expect(await idsIn(table)).toEqual([1])
  })
}
