import { batchFromRows, batchRows, type ColumnDefinition, eq, type Row, type ScanQuery } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DeltaTable, deltaStorage } from '../src/index.ts'

const TYPES = ['int64', 'string', 'timestamp', 'double', 'boolean', 'date'] as const
const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  ...TYPES.map((type) => ({ name: type, type, nullable: true })),
]
const ref = { schema: 's', name: 't' }

async function inTable(work: (table: DeltaTable, everyFile: DeltaTable) => Promise<void>): Promise<void> {
  const path = newFolder()
  const storage = deltaStorage({ path })
  const other = deltaStorage({ path, fileSkipping: false })
  await work(await storage.openTable(ref, { columns: COLUMNS }), await other.openTable(ref, { columns: COLUMNS }))
  await storage.close()
  await other.close()
}

async function rowsOf(table: DeltaTable, query: ScanQuery): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of table.scan(query)) rows.push(...batchRows(batch))
  return rows
}

const second = (value: number) => new Date(Date.UTC(2024, 0, 1) + value * 500)
const row = fc.record({
  int64: fc.option(fc.integer({ min: 0, max: 20 }), { freq: 5 }),
  string: fc.option(fc.string({ unit: fc.constantFrom('a', 'é', '\ue000', '\u{1f600}'), maxLength: 40 }), { freq: 5 }),
  timestamp: fc.option(fc.integer({ min: 0, max: 20 }).map(second), { freq: 5 }),
  double: fc.option(fc.constantFrom(0, -0, 1.5, Number.NaN, -1), { freq: 5 }),
  boolean: fc.option(fc.boolean(), { freq: 5 }),
  date: fc.option(
    fc.integer({ min: 1, max: 20 }).map((day) => `2024-01-${String(day).padStart(2, '0')}`),
    { freq: 5 },
  ),
})
const query = fc.record({
  column: fc.constantFrom(...TYPES),
  descending: fc.boolean(),
  nulls: fc.constantFrom('first' as const, 'last' as const),
  limit: fc.integer({ min: 0, max: 6 }),
  offset: fc.integer({ min: 0, max: 3 }),
})

test('the first rows are the same whether files are left out or not', { tags: 'many-cases' }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(row, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 }),
      fc.array(query, { minLength: 4, maxLength: 4 }),
      fc.option(fc.nat({ max: 8 })),
      async (files, queries, deleted) =>
        inTable(async (table, everyFile) => {
          let id = 0
          for (const rows of files) {
            const batch = batchFromRows(
              COLUMNS,
              rows.map((each) => ({ ...each, id: id++ })),
            )
            await table.append(batch, { batchId: `b${id}` })
          }
          if (deleted !== null) await table.delete(eq('id', deleted), { batchId: 'deleted' })
          for (const { column, descending, nulls, ...window } of queries) {
            const orderBy = [{ column, descending, nulls }, { column: 'id' }]
            expect(await rowsOf(table, { ...window, orderBy })).toEqual(await rowsOf(everyFile, { ...window, orderBy }))
          }
        }),
    ),
    { numRuns: 25 },
  )
})

test('the newest rows are read only from the files that hold them', async () => {
  await inTable(async (table) => {
    for (let at = 0; at < 10; at++) {
      const rows = [0, 1].map((more) => ({ id: at * 2 + more, timestamp: second(at * 2 + more) }))
      await table.append(batchFromRows(COLUMNS, rows), { batchId: `b${at}` })
    }
    const newest = { orderBy: [{ column: 'timestamp', descending: true }] } as const
    const filesOf = async (asked: ScanQuery) => (await table.explain(asked)).files
    expect(await filesOf({ ...newest, limit: 2 })).toBe(1)
    expect(await filesOf({ ...newest, limit: 3 })).toBe(2)
    expect(await filesOf({ ...newest, limit: 1, offset: 4 })).toBe(3)
    expect(await filesOf({ orderBy: [{ column: 'timestamp' }], limit: 4 })).toBe(2)
    expect(await filesOf(newest)).toBe(10)
    expect(await filesOf({ limit: 2 })).toBe(10)
    expect(await filesOf({ ...newest, limit: 2, where: eq('id', 3) })).toBe(1)
    expect((await rowsOf(table, { ...newest, limit: 3 })).map(({ id }) => id)).toEqual([19, 18, 17])
  })
})
