import { expect, test } from 'vitest'
import { batchFromRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import type { ColumnType } from '../column/column-type.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import { eq } from '../predicate/build.ts'
import { type Bench, COLUMNS, ids, idsIn, REF, read } from './storage-under-test.ts'

const NAMES = ['a b', 'quo"te', "it's", 'dot.ted', 'ü日本', 'select', '__proto__', 'row', '%41', 'x'.repeat(200)]
const MORE: ColumnDefinition = { name: 'more', type: 'string', nullable: true }

/** Tests the columns of tables: names, defaults and changes. */
export function testSchema(bench: Bench): void {
  test('a table without explicit columns is a log table', async () => {
    const table = await bench.table({})
    const empty = batchFromRows([LOG_COLUMNS[0]], [])
    await table.append(empty, { batchId: 'a' })
    const { columns } = await table.info()
    const shapeOf = ({ name, type, nullable }: ColumnDefinition) => ({ name, type, nullable })
    expect(columns.map(shapeOf)).toEqual(LOG_COLUMNS.map(shapeOf))
  })

  test('columns may have any name and can be queried by it', async () => {
    const names = NAMES.filter((name) => Buffer.byteLength(name) <= (bench.limits.nameBytes ?? 255))
    const columns = names.map((name): ColumnDefinition => ({ name, type: 'int64', nullable: true }))
    const table = await bench.table({ columns })
    const row = Object.fromEntries(names.map((name, at) => [name, at]))
    await table.append(batchFromRows(columns, [row]), { batchId: 'a' })
    for (const [at, name] of names.entries()) {
      const query = { columns: [name], where: eq(name, at), orderBy: [{ column: name }] }
      expect(await read(table, query)).toEqual([Object.fromEntries([[name, at]])])
    }
    const [figures] = await table.aggregate({
      groupBy: names.map((name) => ({ as: name, by: { kind: 'column', name } as const })),
      measures: [],
    })
    expect(figures).toEqual(row)
  })

  test('a column whose name is too long for the storage is rejected (skipped if no name is)', async ({ skip }) => {
    const { nameBytes } = bench.limits
    if (nameBytes === undefined) return skip('the storage keeps names of 255 bytes')
    const columns = [{ name: 'x'.repeat(nameBytes + 1), type: 'int64', nullable: true }] as const
    const table = await bench.table({ columns })
    const write = table.append(batchFromRows(columns, [{}]), { batchId: 'a' })
    await expect(write).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
    expect((await table.info()).exists).toBe(false)
  })

  test('tables of one storage have independent columns', async () => {
    const storage = await bench.storage()
    const logs = await storage.openTable(REF, { columns: COLUMNS })
    const other = await storage.openTable({ ...REF, name: 'other' }, { columns: [MORE] })
    await logs.append(ids(1), { batchId: 'a' })
    await other.append(batchFromRows([MORE], [{ more: 'x' }]), { batchId: 'a' })
    expect(await read(other)).toEqual([{ more: 'x' }])
    expect(await idsIn(logs)).toEqual([1])
  })

  test('options apply only to the handle that was opened with them', async () => {
    const storage = await bench.storage()
    const strict = await storage.openTable(REF, { columns: COLUMNS })
    const open = await storage.openTable(REF, { columns: COLUMNS, evolveSchema: true })
    await strict.append(ids(1), { batchId: 'a' })
    const batch = batchFromRows([COLUMNS[0], MORE], [{ id: 2, more: 'x' }])
    await expect(strict.append(batch, { batchId: 'b' })).rejects.toMatchObject({ code: 'SCHEMA' })
    await open.append(batch, { batchId: 'b' })
    expect(await idsIn(strict, { where: eq('more', 'x') })).toEqual([2])
  })

  test('a new column is nullable even if the batch says otherwise', async () => {
    const table = await bench.table({ columns: COLUMNS, evolveSchema: true })
    await table.append(batchFromRows([COLUMNS[0], { ...MORE, nullable: false }], [{ id: 1, more: 'x' }]), {
      batchId: 'a',
    })
    await table.append(ids(2), { batchId: 'b' })
    expect(await read(table, { columns: ['id', 'more'], orderBy: [{ column: 'id' }] })).toEqual([
      { id: 1, more: 'x' },
      { id: 2, more: null },
    ])
  })

  test('a new column whose name exists in another case is a schema error', async () => {
    const table = await bench.table({ columns: COLUMNS, evolveSchema: true })
    await table.append(ids(1), { batchId: 'a' })
    const batch = batchFromRows([COLUMNS[0], { ...MORE, name: 'NAME' }], [{ id: 2, NAME: 'x' }])
    await expect(table.append(batch, { batchId: 'b' })).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
    expect(await idsIn(table)).toEqual([1])
  })

  test('a new table whose columns differ only in letter case is rejected', async () => {
    const columns = ['id', 'ID'].map((name) => ({ name, type: 'int64', nullable: true }) as const)
    const write = async () => {
      const table = await bench.table({ columns })
      await table.append(batchFromRows(columns.slice(0, 1), [{ id: 1 }]), { batchId: 'a' })
    }
    await expect(write()).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no', context: { columns: ['ID'] } })
  })

  test('there is nothing to evolve before the first write', async () => {
    const table = await bench.tableWith('evolve')
    await expect(table.evolve({ add: [MORE] })).rejects.toMatchObject({ code: 'TABLE' })
    expect((await table.info()).exists).toBe(false)
  })

  test('evolve widens columns and keeps their values', async () => {
    const columns: ColumnDefinition[] = [
      { name: 'small', type: 'int32', nullable: true },
      { name: 'rough', type: 'float', nullable: true },
    ]
    const table = await bench.tableWith('evolve', { columns })
    await table.append(batchFromRows(columns, [{ small: -7, rough: 0.5 }, {}]), { batchId: 'a' })
    await table.evolve({
      widen: [
        { column: 'small', to: 'int64' },
        { column: 'rough', to: 'double' },
      ],
    })
    expect((await table.info()).columns.map(({ type }) => type)).toEqual(['int64', 'double'])
    const found = await read(table, { orderBy: [{ column: 'small' }] })
    expect(found).toEqual([
      { small: -7, rough: 0.5 },
      { small: null, rough: null },
    ])
    const missing = table.evolve({ widen: [{ column: 'nope', to: 'int64' }] })
    await expect(missing).rejects.toMatchObject({ code: 'SCHEMA' })
  })

  test.each<[ColumnType, ColumnType, unknown]>([
    ['int8', 'int16', -128],
    ['int8', 'double', 127],
    ['int16', 'int32', 32_767],
    ['int32', 'double', -(2 ** 31)],
    ['json', 'string', '{"a":  1}'],
  ])('evolve widens %s to %s', async (from, to, value) => {
    const columns: ColumnDefinition[] = [{ name: 'value', type: from, nullable: true }]
    const table = await bench.tableWith('evolve', { columns })
    await table.append(batchFromRows(columns, [{ value }]), { batchId: 'a' })
    await table.evolve({ widen: [{ column: 'value', to }] })
    expect((await table.info()).columns).toMatchObject([{ name: 'value', type: to }])
    expect(await read(table)).toEqual([{ value }])
  })

  test.each<[ColumnType, ColumnType]>([
    ['int64', 'double'],
    ['int64', 'int32'],
    ['double', 'float'],
    ['int32', 'float'],
    ['string', 'json'],
    ['int32', 'string'],
    ['decimal(5,2)', 'double'],
    ['boolean', 'int64'],
  ])('evolve never narrows or converts: %s to %s', async (from, to) => {
    const columns: ColumnDefinition[] = [{ name: 'value', type: from, nullable: true }]
    const table = await bench.tableWith('evolve', { columns })
    await table.append(batchFromRows(columns, [{}]), { batchId: 'a' })
    await expect(table.evolve({ widen: [{ column: 'value', to }] })).rejects.toMatchObject({
      code: 'SCHEMA',
      committed: 'no',
      context: { column: 'value', from, to },
    })
    expect((await table.info()).columns).toMatchObject([{ name: 'value', type: from }])
  })

  test('a table of the columns of today has nothing to migrate', async () => {
    const table = await bench.tableWith('migrate', {})
    await table.append(batchFromRows(LOG_COLUMNS, []), { batchId: 'a' })
    const { add = [], widen = [] } = await table.migrate()
    expect([add, widen]).toEqual([[], []])
  })
}
