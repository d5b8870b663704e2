import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, batchRows, type ColumnDefinition, type Predicate, type TableReader } from '@forge/writer-core'
import { emptyBatch } from '@forge/writer-core/storage'
import { newFolder } from '@forge/writer-core/testing'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '@forge/writer-storage-delta'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OddTables, oddTables } from './beaten-table.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'day', type: 'string', nullable: true },
  { name: 'id', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
]
const ref = { schema: 's', name: 't' }
const keys = { keys: ['id'], whenMatched: 'update' } as const
type TestRow = { readonly day: string; readonly id: number; readonly text?: string }
const batch = (...rows: readonly TestRow[]) =>
  batchFromRows(
    COLUMNS,
    rows.map((row) => ({ text: '', ...row })),
  )
const dayIs = (day: string): Predicate => ({
  op: 'compare',
  operator: '=',
  left: { kind: 'column', name: 'day' },
  right: { kind: 'literal', value: day },
})

let path = ''
let others: DeltaStorage
let tables: OddTables
let batches = 0
const next = () => ({ batchId: String(batches++) })

beforeEach(async () => {
  path = newFolder()
  others = deltaStorage({ path })
  tables = oddTables(path, COLUMNS)
})
afterEach(async () => {
  await tables[Symbol.asyncDispose]()
  await others.close()
})

async function newTable(
  partitionColumns: readonly string[],
  properties: Readonly<Record<string, string>> = {},
): Promise<DeltaTable> {
  await others.close()
  others = deltaStorage({ path, tableProperties: properties })
  const table = await others.openTable(ref, { columns: COLUMNS, partitionColumns })
  await table.append(batch({ day: 'd1', id: 1 }, { day: 'd1', id: 2 }), next())
  await table.append(batch({ day: 'd2', id: 11 }), next())
  return table
}

async function idsOf(reader: TableReader): Promise<number[]> {
  const ids: number[] = []
  for await (const found of reader.scan()) for (const row of batchRows(found)) ids.push(Number(row.id))
  return ids.sort((a, b) => a - b)
}

async function isolationOf(version: number): Promise<unknown> {
  const text = await readFile(join(path, 's/t/_delta_log', `${String(version).padStart(20, '0')}.json`), 'utf8')
  return JSON.parse(text.split('\n')[0] ?? '').commitInfo.isolationLevel
}

for (const [layout, partitionColumns] of [
  ['partitions', ['day']],
  ['files', []],
] as const) {
  test(`a change needs one attempt next to appends and merges to other ${layout}`, async () => {
    const other = await newTable(partitionColumns)
    const elsewhere = [
      () => other.append(batch({ day: 'd2', id: 12 }), next()),
      () => other.merge(batch({ day: 'd2', id: 13 }), keys, next()),
      () => other.delete(dayIs('d2'), next()),
    ]
    await tables.beaten(elsewhere, 1).delete(dayIs('d1'), next())
    expect(await idsOf(other)).toEqual([])
    const again = [
      () => other.append(batch({ day: 'd2', id: 12 }), next()),
      () => other.merge(batch({ day: 'd2', id: 13 }), keys, next()),
    ]
    await other.append(batch({ day: 'd1', id: 1 }), next())
    await tables.beaten(again, 1).merge(batch({ day: 'd1', id: 1 }, { day: 'd1', id: 2 }), keys, next())
    expect(await idsOf(other)).toEqual([1, 2, 12, 13])
    const more = [() => other.append(batch({ day: 'd2', id: 14 }), next())]
    await tables.beaten(more, 1).overwrite(batch({ day: 'd1', id: 3 }), dayIs('d1'), next())
    expect(await idsOf(other)).toEqual([3, 12, 13, 14])
  })
}

test('a change includes rows that are appended meanwhile, and is ordered before them after enough attempts', async () => {
  const other = await newTable([])
  const append = (id: number) => () => other.append(batch({ day: 'd1', id }), next())
  expect(await tables.beaten([append(3)]).delete(dayIs('d1'), next())).toMatchObject({ rowsDeleted: 3 })
  expect(await idsOf(other)).toEqual([11])
  await other.append(batch({ day: 'd1', id: 1 }), next())
  const endless = [2, 3, 4, 5].map(append)
  const { version, rowsDeleted } = await tables.beaten(endless, 10).delete(dayIs('d1'), next())
  expect(rowsDeleted).toBe(3)
  expect(await idsOf(other)).toEqual([4, 5, 11])
  expect(await isolationOf(version)).toBe('WriteSerializable')
})

test('in a Serializable table no change is ordered before an append that it might have seen', async () => {
  const other = await newTable([], { 'delta.isolationLevel': 'Serializable' })
  const append = (id: number) => () => other.append(batch({ day: 'd1', id }), next())
  await expect(tables.beaten([append(3)], 1).delete(dayIs('d1'), next())).rejects.toMatchObject({
    code: 'CONCURRENCY',
    context: { conflict: 'rowsAppended' },
  })
  const { version } = await tables.beaten([4, 5, 6, 7, 8].map(append), 10).delete(dayIs('d1'), next())
  expect(await idsOf(other)).toEqual([11])
  expect(await isolationOf(version)).toBe('Serializable')
})

test('rows of a merge or an overwrite are never ignored', async () => {
  const other = await newTable([])
  const merge = () => other.merge(batch({ day: 'd1', id: 3 }), keys, next())
  await expect(tables.beaten([merge], 1).delete(dayIs('d1'), next())).rejects.toMatchObject({
    context: { conflict: 'rowsAdded' },
  })
})

test('a merge that kept an existing row is repeated after the row was deleted', async () => {
  const other = await newTable([])
  const ignore = { keys: ['id'], whenMatched: 'ignore' } as const
  const table = tables.beaten([() => other.delete(dayIs('d2'), next())])
  expect(await table.merge(batch({ day: 'd3', id: 11 }), ignore, next())).toMatchObject({ rowsInserted: 1 })
  expect(await idsOf(other)).toEqual([1, 2, 11])
})

test('a change that only loses to packing succeeds in the end, however few attempts it has', async () => {
  const other = await newTable([])
  const pack = async () => {
    await other.append(batch({ day: 'd9', id: 99 }), next())
    await other.optimize()
  }
  await tables.beaten([pack, pack, pack], 1).delete(dayIs('d1'), next())
  expect(await idsOf(other)).toEqual([11, 99, 99, 99])
})

test('an unknown isolation level is refused for a new table', async () => {
  await expect(newTable([], { 'delta.isolationLevel': 'Snapshot' })).rejects.toMatchObject({
    code: 'CONFIGURATION',
    context: { properties: ['delta.isolationLevel'] },
  })
})

test('writers of different days: no change fails, no append is lost, no delete misses earlier rows', {
  tags: 'many-cases',
}, async () => {
  const days = ['d1', 'd2', 'd3']
  const step = fc.record({
    day: fc.constantFrom(...days),
    kind: fc.constantFrom('append' as const, 'delete' as const, 'merge' as const, 'overwrite' as const),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 12 }),
      fc.constantFrom([], ['day']),
      async (steps, partitionColumns) => {
        const place = newFolder()
        // One storage for each day acts as one writer for each day, which only meet in commits.
        const storages = days.map(() => deltaStorage({ path: place, maxCommitAttempts: 1, threads: 1 }))
        const first = await storages[0]?.openTable(ref, { columns: COLUMNS, partitionColumns })
        await first?.append(emptyBatch(COLUMNS), next())
        const expected = new Map(days.map((day) => [day, new Set<number>()]))
        await Promise.all(
          days.map(async (day, at) => {
            const table = await storages[at]?.openTable(ref, { columns: COLUMNS, partitionColumns })
            const mine = expected.get(day) ?? new Set()
            let id = at * 1000
            for (const { kind } of steps.filter((each) => each.day === day)) {
              const row = batch({ day, id: ++id })
              if (kind === 'delete' || kind === 'overwrite') mine.clear()
              if (kind === 'delete') await table?.delete(dayIs(day), next())
              else mine.add(id)
              if (kind === 'append') await table?.append(row, next())
              if (kind === 'merge') await table?.merge(row, keys, next())
              if (kind === 'overwrite') await table?.overwrite(row, dayIs(day), next())
            }
          }),
        )
        const all = [...expected.values()].flatMap((ids) => [...ids]).sort((a, b) => a - b)
        expect(first && (await idsOf(first))).toEqual(all)
        for (const storage of storages) await storage.close()
      },
    ),
    { numRuns: 15 },
  )
})
