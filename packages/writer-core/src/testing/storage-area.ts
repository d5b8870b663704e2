import { expect, test } from 'vitest'
import { batchFromRows } from '../batch/rows.ts'
import { type Bench, COLUMNS, ids, idsIn, REF } from './storage-under-test.ts'

/** What is asked of the storage as a whole. */
export function testWholeStorage(bench: Bench): void {
  test('tables of a storage do not touch each other, whatever their names', async () => {
    const storage = await bench.storage()
    const names = ['logs', 'Logs 2', 'a.b', 'quo"te', "it's", 'ü日本', 'select', '~', '%41', 'x+y']
    for (const [at, name] of names.entries()) {
      const table = await storage.openTable({ schema: 'my schema', name }, { columns: COLUMNS })
      await table.append(ids(at), { batchId: 'same id, other table' })
    }
    for (const [at, name] of names.entries()) {
      const table = await storage.openTable({ schema: 'my schema', name }, { columns: COLUMNS })
      expect(await idsIn(table)).toEqual([at])
    }
    const listed = await storage.listTables?.()
    if (listed) expect(listed.map(({ name }) => name).sort()).toEqual([...names].sort())
  })

  test.each([
    ['', 't'],
    ['s', ''],
    ['s', 'a\0b'],
    ['s', 'x'.repeat(300)],
  ])('a table named %j.%j is refused', async (schema, name) => {
    const storage = await bench.storage()
    await expect(storage.openTable({ schema, name })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })

  test.each(['..', '../up', 'a/b', '.'])(
    'a table named %j stays inside of the storage, or is refused',
    async (name) => {
      const storage = await bench.storage()
      try {
        const table = await storage.openTable({ schema: 's', name }, { columns: COLUMNS })
        await table.append(ids(1), { batchId: 'a' })
        expect(await idsIn(table)).toEqual([1])
      } catch (error) {
        expect(error).toMatchObject({ code: 'CONFIGURATION' })
      }
    },
  )

  test('a table opened twice is one table', async () => {
    const storage = await bench.storage()
    const [one, two] = [
      await storage.openTable(REF, { columns: COLUMNS }),
      await storage.openTable(REF, { columns: COLUMNS }),
    ]
    await one.append(ids(1), { batchId: 'a' })
    await two.append(ids(2), { batchId: 'b' })
    expect(await idsIn(one)).toEqual([1, 2])
    expect(await two.findBatch('a')).toMatchObject({ version: 0 })
  })

  test('appends to several tables are stored all, or none', async ({ skip }) => {
    const storage = await bench.storage()
    if (!storage.appendAll) return skip('the storage has no transactions over tables')
    const one = await storage.openTable(REF, { columns: COLUMNS })
    const two = await storage.openTable({ ...REF, name: 'other' }, { columns: COLUMNS })
    const results = await storage.appendAll([
      { table: one, batch: ids(1, 2), commit: { batchId: 'a' } },
      { table: two, batch: ids(3), commit: { batchId: 'a' } },
    ])
    expect(results.map(({ rowsInserted }) => rowsInserted)).toEqual([2, 1])
    const wrong = batchFromRows([{ name: 'nope', type: 'string', nullable: true }], [{ nope: 'x' }])
    const failing = storage.appendAll([
      { table: one, batch: ids(9), commit: { batchId: 'b' } },
      { table: two, batch: wrong, commit: { batchId: 'b' } },
    ])
    await expect(failing).rejects.toMatchObject({ committed: 'no' })
    expect([await idsIn(one), await idsIn(two)]).toEqual([[1, 2], [3]])
    expect(await one.findBatch('b')).toBeUndefined()
  })

  test('what was written outlives the storage', async ({ skip }) => {
    if (!bench.hasReopen) return skip('nothing was said of how to reopen')
    const table = await bench.table()
    await table.append(ids(1, 2), { batchId: 'a' })
    const again = await (await bench.reopened()).openTable(REF, { columns: COLUMNS })
    expect(await idsIn(again)).toEqual([1, 2])
    expect(await again.append(ids(9), { batchId: 'a' })).toMatchObject({ alreadyWritten: true, version: 0 })
    expect((await again.append(ids(3), { batchId: 'b' })).version).toBe(1)
  })

  test('a closed table refuses calls, others do not mind', async () => {
    const storage = await bench.storage()
    const table = await storage.openTable(REF, { columns: COLUMNS })
    await table.append(ids(1), { batchId: 'a' })
    const other = await storage.openTable({ ...REF, name: 'other' }, { columns: COLUMNS })
    await table.close()
    await table.close()
    expect((await other.append(ids(1), { batchId: 'a' })).version).toBe(0)
  })

  test('a closed storage refuses every call, and closing twice is fine', async () => {
    const storage = await bench.storage()
    const table = await storage.openTable(REF, { columns: COLUMNS })
    await table.append(ids(1), { batchId: 'a' })
    await storage.close()
    await storage.close()
    const calls = [
      () => table.append(ids(2), { batchId: 'b' }),
      () => table.info(),
      () => table.aggregate({ measures: [{ as: 'n', fn: 'count' }] }),
      () => idsIn(table),
      () => table.findBatch('a'),
      () => storage.openTable(REF),
    ]
    for (const call of calls) {
      await expect((async () => call())()).rejects.toMatchObject({ code: 'TABLE' })
    }
  })
}
