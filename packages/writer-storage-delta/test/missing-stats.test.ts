import { join } from 'node:path'
import {
  batchFromRows,
  batchRows,
  type ColumnDefinition,
  type Expression,
  type Literal,
  type Predicate,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { type DeltaTable, deltaStorage } from '../src/index.ts'
import { add, field, type HandMadeTable, handMadeTable, metaData, PLAIN } from './hand-made-table.ts'

const ref = { schema: 's', name: 't' }
const ID: ColumnDefinition = { name: 'id', type: 'int64', nullable: true }
const NEW: ColumnDefinition = { name: 'new', type: 'string', nullable: true }
const isNull = (name: string): Predicate => ({ op: 'isNull', value: { kind: 'column', name } })
let path = ''
let table: HandMadeTable

beforeEach(async () => {
  path = newFolder()
  table = handMadeTable(join(path, 's/t'))
})

async function rowsOf(opened: DeltaTable, where: Predicate): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const batch of opened.scan({ where })) rows.push(...batchRows(batch))
  return rows
}

test('a checkpoint with statistics in columns gives none for a column that files lack', async () => {
  const tableProperties = {
    'delta.checkpoint.writeStatsAsJson': 'false',
    'delta.checkpoint.writeStatsAsStruct': 'true',
  }
  const storage = deltaStorage({ path, tableProperties })
  const opened = await storage.openTable(ref, { columns: [ID] })
  await opened.append(batchFromRows([ID], [{ id: 1 }]), { batchId: 'a' })
  await opened.evolve({ add: [NEW] })
  await opened.checkpoint()
  await storage.close()
  const again = deltaStorage({ path })
  expect(await rowsOf(await again.openTable(ref), isNull('new'))).toEqual([{ id: 1, new: null }])
  await again.close()
})

test('statistics that are null give no information', async () => {
  await table.file('a.parquet', `select * from (values (1::bigint, null), (2, 'x')) as v(id, new)`)
  const stats = JSON.stringify({ numRecords: null, minValues: { id: null }, maxValues: null, nullCount: { new: null } })
  await table.commit(
    0,
    { protocol: PLAIN },
    metaData([field('id', 'long'), field('new', 'string')]),
    add('a.parquet', { stats }),
  )
  const storage = deltaStorage({ path })
  const opened = await storage.openTable(ref)
  expect(await opened.info()).toMatchObject({ rowCount: 2 })
  expect(await rowsOf(opened, isNull('new'))).toHaveLength(1)
  await storage.close()
})

test('counted nulls inside lists do not count as null lists', async () => {
  await table.file('a.parquet', `select * from (values ([null, null]), ([]), (null)) as v(list)`)
  const list = { type: 'array', elementType: 'integer', containsNull: true }
  for (const nullCount of [0, 3]) {
    const stats = JSON.stringify({ numRecords: 3, nullCount: { list: nullCount } })
    await table.commit(0, { protocol: PLAIN }, metaData([field('list', list)]), add('a.parquet', { stats }))
    const storage = deltaStorage({ path })
    const opened = await storage.openTable(ref)
    expect(await rowsOf(opened, isNull('list'))).toHaveLength(1)
    expect(await rowsOf(opened, { op: 'not', arg: isNull('list') })).toHaveLength(2)
    await storage.close()
  }
})

test('a bound that was cut before a character beyond U+FFFF does not hide texts', async () => {
  const text = `${'a'.repeat(32)}\u{1f600}`
  await table.file('a.parquet', `select '${text}' as text`)
  // The mark of older versions of Spark, which is less than such characters are.
  const stats = JSON.stringify({
    numRecords: 1,
    minValues: { text: 'a'.repeat(32) },
    maxValues: { text: `${'a'.repeat(32)}\ufffd` },
    nullCount: { text: 0 },
  })
  await table.commit(0, { protocol: PLAIN }, metaData([field('text', 'string')]), add('a.parquet', { stats }))
  const storage = deltaStorage({ path })
  const column = { kind: 'column', name: 'text' } as const
  const where: Predicate = { op: 'compare', operator: '=', left: column, right: { kind: 'literal', value: text } }
  expect(await rowsOf(await storage.openTable(ref), where)).toHaveLength(1)
  await storage.close()
})

const literal = (value: Literal): Expression => ({ kind: 'literal', value })
const id: Expression = { kind: 'column', name: 'id' }
test.each<[string, Predicate, number]>([
  ['in, next to a fraction', { op: 'in', value: id, list: [0.5, 9007199254740992n] }, 0],
  ['in, next to a fraction,', { op: 'in', value: id, list: [0.5, 9007199254740993n] }, 1],
  ['between', { op: 'between', value: id, low: literal(0.5), high: literal(9007199254740992n) }, 0],
  ['between,', { op: 'between', value: id, low: literal(0.5), high: literal(9007199254740993n) }, 1],
  [
    '= of a column of doubles',
    { op: 'compare', operator: '=', left: { kind: 'column', name: 'double' }, right: literal(9007199254740993n) },
    1,
  ],
])(
  'whole numbers compare exactly, and as doubles only with doubles, with and without file skipping: %s',
  async (_name, where, rows) => {
    await table.file('a.parquet', 'select 9007199254740993::bigint as id, 9007199254740992::double as double')
    const bounds = '{"id":9007199254740993,"double":9007199254740992}'
    const stats = `{"numRecords":1,"minValues":${bounds},"maxValues":${bounds},"nullCount":{"id":0,"double":0}}`
    const fields = [field('id', 'long'), field('double', 'double')]
    await table.commit(0, { protocol: PLAIN }, metaData(fields), add('a.parquet', { stats }))
    const found: number[] = []
    for (const fileSkipping of [false, true]) {
      const storage = deltaStorage({ path, fileSkipping })
      found.push((await rowsOf(await storage.openTable(ref), where)).length)
      await storage.close()
    }
    expect(found).toEqual([rows, rows])
  },
)
