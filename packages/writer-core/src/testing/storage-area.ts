import { expect, test } from 'vitest'
import { batchFromRows } from '../batch/rows.ts'
import { memoryStorage } from '../memory/memory-storage.ts'
import { createLogWriter } from '../writer/create-log-writer.ts'
import { type Bench, COLUMNS, ids, idsIn, REF } from './storage-under-test.ts'

/** Tests the storage as a whole. */
export function testWholeStorage(bench: Bench): void {
  test('tables of a storage are independent, whatever their names', async () => {
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
  ])('a table named %j.%j is rejected', async (schema, name) => {
    const storage = await bench.storage()
    await expect(storage.openTable({ schema, name })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })

  test.each(['..', '../up', 'a/b', '.'])('a table named %j stays inside the storage or is rejected', async (name) => {
    const storage = await bench.storage()
    try {
      const table = await storage.openTable({ schema: 's', name }, { columns: COLUMNS })
      await table.append(ids(1), { batchId: 'a' })
      expect(await idsIn(table)).toEqual([1])
    } catch (error) {
      expect(error).toMatchObject({ code: 'CONFIGURATION' })
    }
  })

  test('a writer reports the optional methods of its table as capabilities', async () => {
    const storage = await bench.storage()
    const writer = await createLogWriter({ storage, config: { tableSchema: 's', tableName: 't' } })
    const { capabilities } = await writer.getTableInfo()
    const table = await storage.openTable({ schema: 's', name: 't' })
    for (const name of capabilities) expect(table[name]).toBeTypeOf('function')
    for (const name of ['appendStream', 'overwrite', 'merge', 'delete', 'at', 'migrate'] as const) {
      expect(capabilities.includes(name)).toBe(table[name] !== undefined)
    }
    await writer.close()
  })

  test('two handles of a table share its state', async () => {
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

  test('appends to several tables are all stored or none is', async () => {
    const storage = await bench.storage()
    bench.needs(storage, 'appendAll')
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

  test('tables are listed after the first write', async () => {
    const storage = await bench.storage()
    bench.needs(storage, 'listTables')
    const table = await storage.openTable(REF, { columns: COLUMNS })
    await idsIn(table)
    expect(await storage.listTables()).toEqual([])
    await table.append(ids(), { batchId: 'a' })
    expect(await storage.listTables()).toEqual([REF])
  })

  test('two appends to one table are two batches, or one if they have the same id', async () => {
    const storage = await bench.storage()
    bench.needs(storage, 'appendAll')
    const table = await storage.openTable(REF, { columns: COLUMNS })
    const results = await storage.appendAll([
      { table, batch: ids(1), commit: { batchId: 'a' } },
      { table, batch: ids(2), commit: { batchId: 'b' } },
      { table, batch: ids(3), commit: { batchId: 'a' } },
    ])
    expect(results.map(({ version, alreadyWritten }) => [version, alreadyWritten])).toEqual([
      [0, false],
      [1, false],
      [0, true],
    ])
    expect(await idsIn(table)).toEqual([1, 2])
    expect(await storage.appendAll([])).toEqual([])
  })

  test('appends to tables of another storage are rejected', async () => {
    const storage = await bench.storage()
    bench.needs(storage, 'appendAll')
    const table = await memoryStorage().openTable(REF, { columns: COLUMNS })
    const appended = storage.appendAll([{ table, batch: ids(1), commit: { batchId: 'a' } }])
    await expect(appended).rejects.toMatchObject({ code: 'CONFIGURATION', committed: 'no' })
  })

  test('doctor reports a storage without damage as healthy', async () => {
    const storage = await bench.storage()
    bench.needs(storage, 'doctor')
    expect((await storage.doctor()).healthy).toBe(true)
    const table = await storage.openTable(REF, { columns: COLUMNS })
    await table.append(ids(1), { batchId: 'a' })
    const { healthy, checks } = await storage.doctor()
    expect([healthy, checks.filter(({ status }) => status !== 'ok')]).toEqual([true, []])
    expect(await table.info()).toMatchObject({ version: 0, rowCount: 1 })
  })

  test('the engine can be configured while it is open, and reports its memory', async () => {
    const storage = await bench.storage()
    bench.needs(storage, 'engineMemoryBytes')
    const table = await storage.openTable(REF, { columns: COLUMNS })
    await table.append(ids(1), { batchId: 'a' })
    storage.configureEngine?.({ parallelWriteThreads: 1, memoryFraction: 0.2 })
    await table.append(ids(2), { batchId: 'b' })
    expect(await idsIn(table)).toEqual([1, 2])
    expect(await storage.engineMemoryBytes()).toBeGreaterThanOrEqual(0)
  })
}
