import { expect, test } from 'vitest'
import { batchFromRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import type { ColumnType } from '../column/column-type.ts'
import type { LogTable } from '../storage/log-table.ts'
import { type Bench, read } from './storage-under-test.ts'

const ID: ColumnDefinition = { name: 'id', type: 'int64', nullable: false }
const NAME: ColumnDefinition = { name: 'name', type: 'string', nullable: true }

const VALUES: readonly (readonly [ColumnType, unknown])[] = [
  ['string', 'x'],
  ['json', '[1]'],
  ['int64', 7],
  ['int32', 7],
  ['int16', 7],
  ['int8', 7],
  ['double', 0.5],
  ['float', 0.5],
  ['boolean', true],
  ['timestamp', '2024-01-02T03:04:05.000006Z'],
  ['date', '2024-02-29'],
  ['binary', '00ff'],
  ['decimal(20,2)', '1.50'],
  ['array<int32>', '[1,null]'],
  ['map<string,int32>', '{"k":1}'],
  ['struct<a:int32,b:string>', '{"a":1,"b":"x"}'],
]

type Write = (table: LogTable, columns: readonly ColumnDefinition[], batchId: string) => Promise<unknown> | undefined

const row = (id: number) => ({ id, name: `n${id}` })
const WRITES: readonly (readonly [string, Write])[] = [
  ['append', (table, columns, batchId) => table.append(batchFromRows(columns, [row(2)]), { batchId })],
  [
    'appendStream',
    (table, columns, batchId) =>
      table.appendStream?.([batchFromRows(columns, [row(2)]), batchFromRows(columns, [row(3)])], { batchId }),
  ],
  [
    'merge',
    (table, columns, batchId) =>
      table.merge?.(batchFromRows(columns, [row(2)]), { keys: ['id'], whenMatched: 'update' }, { batchId }),
  ],
  [
    'ignore',
    (table, columns, batchId) =>
      table.merge?.(batchFromRows(columns, [row(2)]), { keys: ['id'], whenMatched: 'ignore' }, { batchId }),
  ],
  ['overwrite', (table, columns, batchId) => table.overwrite?.(batchFromRows(columns, [row(2)]), { batchId })],
]

/** Tests columns that no row of a write fills: a write must succeed whatever their types. */
export function testUnfilledColumns(bench: Bench): void {
  for (const [name, write] of WRITES) {
    test(`${name} accepts rows without a value for a column of any type, with or without the column in the batch`, async () => {
      const storage = await bench.storage()
      for (const [type, value] of VALUES) {
        const columns = [ID, NAME, { name: 'value', type, nullable: true }]
        const other: ColumnType = type === 'string' ? 'decimal(5,0)' : 'string'
        for (const given of [
          [ID, NAME],
          [ID, NAME, { name: 'value', type: other, nullable: true }],
        ] as const) {
          const table = await storage.openTable(
            { schema: 's', name: `t${VALUES.length}_${given.length}_${type.replaceAll(/\W/g, '_')}` },
            { columns },
          )
          await table.append(batchFromRows(columns, [{ ...row(1), value }]), { batchId: 'a' })
          const result = await write(table, given, 'b')
          if (result === undefined) continue
          const found = await read(table, { orderBy: [{ column: 'id' }] })
          expect(
            found.filter(({ id }) => id !== 1),
            `${type} from ${given.length} columns`,
          ).toEqual(found.filter(({ id }) => id !== 1).map(({ id }) => ({ ...row(Number(id)), value: null })))
          expect(found.some(({ id }) => id === 2)).toBe(true)
          if (name !== 'overwrite') expect(found[0]).toEqual({ ...row(1), value })
        }
      }
    })
  }

  test('an update keeps the values of columns that the batch lacks', async () => {
    const columns = [
      ID,
      NAME,
      ...VALUES.map(([type], at): ColumnDefinition => ({ name: `v${at}`, type, nullable: true })),
    ]
    const table = await bench.tableWith('merge', { columns })
    const values = Object.fromEntries(VALUES.map(([, value], at) => [`v${at}`, value]))
    await table.append(batchFromRows(columns, [{ id: 1, name: 'old', ...values }]), { batchId: 'a' })
    const batch = batchFromRows([ID, NAME], [row(1), row(2)])
    const result = await table.merge(batch, { keys: ['id'], whenMatched: 'update' }, { batchId: 'b' })
    expect([result.rowsUpdated, result.rowsInserted]).toEqual([1, 1])
    expect(await read(table, { orderBy: [{ column: 'id' }] })).toEqual([
      { id: 1, name: 'n1', ...values },
      { id: 2, name: 'n2', ...Object.fromEntries(VALUES.map((_value, at) => [`v${at}`, null])) },
    ])
  })

  test('an update with only keys changes nothing and counts the matched rows', async () => {
    const table = await bench.tableWith('merge', { columns: [ID, NAME] })
    await table.append(batchFromRows([ID, NAME], [row(1)]), { batchId: 'a' })
    const batch = batchFromRows([ID], [{ id: 1 }])
    const result = await table.merge(batch, { keys: ['id'], whenMatched: 'update' }, { batchId: 'b' })
    expect([result.rowsUpdated, result.rowsInserted]).toEqual([1, 0])
    expect(await read(table)).toEqual([row(1)])
  })

  test('an explicit null in the batch replaces the stored value', async () => {
    const columns = [ID, NAME]
    const table = await bench.tableWith('merge', { columns })
    await table.append(batchFromRows(columns, [row(1)]), { batchId: 'a' })
    await table.merge(
      batchFromRows(columns, [{ id: 1, name: null }]),
      { keys: ['id'], whenMatched: 'update' },
      { batchId: 'b' },
    )
    expect(await read(table)).toEqual([{ id: 1, name: null }])
  })

  test('values of a later batch of a stream are rejected if they do not fit their column', async () => {
    const columns: ColumnDefinition[] = [ID, { name: 'value', type: 'decimal(20,2)', nullable: true }]
    const given: ColumnDefinition[] = [ID, { name: 'value', type: 'string', nullable: true }]
    const table = await bench.tableWith('appendStream', { columns })
    const batches = [batchFromRows(given, [{ id: 1 }]), batchFromRows(given, [{ id: 2, value: '1.5' }])]
    await expect(table.appendStream(batches, { batchId: 'a' })).rejects.toMatchObject({
      code: 'SCHEMA',
      committed: 'no',
    })
    expect((await table.info()).rowCount).toBe(0)
  })
}
