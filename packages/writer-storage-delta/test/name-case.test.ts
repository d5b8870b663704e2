import { join } from 'node:path'
import { and, batchRows, eq, parsePredicate } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '../src/index.ts'
import { add, field, type HandMadeTable, handMadeTable, metaData, PLAIN } from './hand-made-table.ts'

const ref = { schema: 's', name: 't' }
const FIELDS = [field('Id', 'long'), field('Value', 'double'), field('Day', 'string')]
let path = ''
let storage: DeltaStorage
let hand: HandMadeTable

beforeEach(async () => {
  path = newFolder()
  storage = deltaStorage({ path })
  hand = handMadeTable(join(path, 's/t'))
})
afterEach(async () => {
  await storage.close()
})

async function read(table: DeltaTable, where?: string) {
  const rows: unknown[] = []
  const query = where === undefined ? {} : { where: parsePredicate(where) }
  for await (const batch of table.scan({ ...query, orderBy: [{ column: 'ID' }] })) rows.push(...batchRows(batch))
  return rows
}

const ROWS = [
  { Id: 1, Value: 1.5, Day: '2024-05-01' },
  { Id: 2, Value: 2.5, Day: '2024-05-02' },
]
const spellings = ['Day', 'day', 'DAY']

test.each(spellings.flatMap((columns) => spellings.map((values) => [columns, values] as const)))(
  'partition columns %s with values of %s match the schema in any letter case',
  async (columns, values) => {
    for (const { Id, Value } of ROWS)
      await hand.file(`${Id}.parquet`, `select ${Id}::bigint as ID, ${Value}::double as value`)
    await hand.commit(
      0,
      { protocol: PLAIN },
      metaData(FIELDS, {
        partitionColumns: [columns],
        configuration: { 'delta.checkpoint.writeStatsAsStruct': 'true' },
      }),
      ...ROWS.map(({ Id, Value, Day }) =>
        add(`${Id}.parquet`, {
          partitionValues: { [values]: Day },
          stats: `{"numRecords":1,"minValues":{"ID":${Id},"VALUE":${Value}},"maxValues":{"ID":${Id},"VALUE":${Value}},"nullCount":{"ID":0}}`,
        }),
      ),
    )
    const table = await storage.openTable(ref)
    expect(await read(table)).toEqual(ROWS)
    expect(await read(table, `DAY = '2024-05-02'`)).toEqual(ROWS.slice(1))
    expect(await read(table, 'value > 2')).toEqual(ROWS.slice(1))
    // Files that the condition rules out are skipped nevertheless.
    expect(await table.explain({ where: parsePredicate(`day = '2024-05-02'`) })).toMatchObject({ files: 1 })
    expect(await table.explain({ where: parsePredicate('VALUE < 2') })).toMatchObject({ files: 1 })
    expect((await table.info()).partitionColumns).toEqual(['Day'])
    await table.checkpoint()
    expect(await parsedPartitions()).toEqual(['2024-05-01', '2024-05-02'])
    await table.delete(and(eq('id', 1), eq('DAY', '2024-05-01')), { batchId: 'd' })
    await table.optimize({ clusterColumns: ['value'] })
    expect(await read(table)).toEqual(ROWS.slice(1))
  },
)

test('columns may be asked for in any letter case, and have the asked name in the answer', async () => {
  await hand.file('a.parquet', 'select 1::bigint as id, 1.5::double as value, 5::bigint as "VALUES"')
  await hand.commit(
    0,
    { protocol: PLAIN },
    metaData([...FIELDS.slice(0, 2), field('VALUES', 'long')]),
    add('a.parquet'),
  )
  const table = await storage.openTable(ref)
  const rows: unknown[] = []
  for await (const batch of table.scan({ columns: ['values', 'ID', 'Value'] })) rows.push(...batchRows(batch))
  expect(rows).toEqual([{ values: 5, ID: 1, Value: 1.5 }])
  const [row] = await table.aggregate({
    where: parsePredicate('VALUES = 5'),
    measures: [{ as: 'most', fn: 'max', of: { kind: 'column', name: 'VALUE' } }],
  })
  expect(row).toEqual({ most: 1.5 })
})

async function parsedPartitions(): Promise<unknown[]> {
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const found = await session.rows(
    `select add."partitionValues_parsed"."Day" as day from read_parquet('${hand.path}/_delta_log/*.checkpoint.parquet')
     where add is not null order by day`,
  )
  session.close()
  engine.close()
  return found.map(({ day }) => day)
}
