import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition, eq, gt, type LogBatch } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { ByteWriter, parquetWrite } from 'hyparquet-writer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '../src/index.ts'
import { add, field, handMadeTable, metaData, withFeatures } from './hand-made-table.ts'

const array = (elementType: unknown) => ({ type: 'array', elementType, containsNull: true })
const map = (keyType: unknown, valueType: unknown) => ({ type: 'map', keyType, valueType, valueContainsNull: true })
const struct = (...fields: unknown[]) => ({ type: 'struct', fields })

/** Each type of Delta with the type of its column in a Parquet file, and a value in the engine's SQL. */
const TYPES: readonly (readonly [name: string, type: unknown, nodes: readonly string[], value: string])[] = [
  ['id', 'long', ['INT64'], '1::bigint'],
  ['text', 'string', ['BYTE_ARRAY UTF8'], `'t'`],
  ['whole', 'integer', ['INT32 INT_32'], '1::integer'],
  ['small', 'short', ['INT32 INT_16'], '1::smallint'],
  ['tiny', 'byte', ['INT32 INT_8'], '1::tinyint'],
  ['half', 'float', ['FLOAT'], '0.1::float'],
  ['value', 'double', ['DOUBLE'], '0.1::double'],
  ['flag', 'boolean', ['BOOLEAN'], 'true'],
  ['bytes', 'binary', ['BYTE_ARRAY'], `'\\xff'::blob`],
  ['day', 'date', ['INT32 DATE'], `date '2024-02-29'`],
  ['at', 'timestamp', ['INT64 utc micros'], `timestamptz '2024-02-29 00:00:00+00'`],
  ['local', 'timestamp_ntz', ['INT64 local micros'], `timestamp '2024-02-29 00:00:00'`],
  ['price', 'decimal(9,2)', ['INT32 DECIMAL(9,2)'], '1.25::decimal(9, 2)'],
  ['cost', 'decimal(18,4)', ['INT64 DECIMAL(18,4)'], '1.25::decimal(18, 4)'],
  ['mass', 'decimal(38,0)', ['FIXED_LEN_BYTE_ARRAY DECIMAL(38,0)'], '1::decimal(38, 0)'],
  ['floats', array('float'), ['LIST', 'list', 'FLOAT'], '[0.1::float]'],
  ['counts', map('string', 'short'), ['MAP', 'list', 'BYTE_ARRAY UTF8', 'INT32 INT_16'], `map {'a': 1::smallint}`],
  [
    'pair',
    struct(field('half', 'float'), field('nothing', 'void'), field('tiny', 'byte')),
    ['group', 'FLOAT', 'INT32 INT_8'],
    `{'half': 0.1::float, 'tiny': 1::tinyint}`,
  ],
]
const FIELDS = [...TYPES.map(([name, type]) => field(name, type)), field('nothing', 'void')]
const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
  { name: 'whole', type: 'int32', nullable: true },
  { name: 'small', type: 'int32', nullable: true },
  { name: 'tiny', type: 'int32', nullable: true },
  { name: 'half', type: 'float', nullable: true },
  { name: 'value', type: 'double', nullable: true },
  { name: 'flag', type: 'boolean', nullable: true },
  { name: 'day', type: 'date', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'local', type: 'timestamp', nullable: true },
]

let path = ''
let storage: DeltaStorage

beforeEach(async () => {
  path = newFolder()
  storage = deltaStorage({ path })
})
afterEach(async () => {
  await storage.close()
})

function rows(first: number, count: number): LogBatch {
  return batchFromRows(
    COLUMNS,
    Array.from({ length: count }, (_none, at) => ({
      id: first + at,
      text: `row ${at}`,
      whole: at,
      small: at % 100,
      tiny: at % 100,
      half: Math.fround(0.1),
      value: at / 3,
      flag: at % 2 === 0,
      day: '2024-02-29',
      at: '2024-02-29T00:00:00.000001Z',
      local: '2024-02-29T00:00:00.000001Z',
    })),
  )
}

const PATHS: readonly (readonly [string, (table: DeltaTable) => Promise<unknown>])[] = [
  ['a small append', (table) => table.append(rows(10, 2), { batchId: 'b' })],
  ['an append of all types that go into a small file', (table) => table.append(rows(10, 200), { batchId: 'b' })],
  ['a larger append', (table) => table.append(rows(10, 3000), { batchId: 'b' })],
  ['a stream', (table) => table.appendStream([rows(10, 2), rows(20, 3000)], { batchId: 'b' })],
  ['a merge', (table) => table.merge(rows(1, 5), { keys: ['id'], whenMatched: 'update' }, { batchId: 'b' })],
  [
    'a merge that ignores',
    (table) => table.merge(rows(1, 5), { keys: ['id'], whenMatched: 'ignore' }, { batchId: 'b' }),
  ],
  ['an overwrite', (table) => table.overwrite(rows(10, 5), { batchId: 'b' })],
  ['an overwrite of some rows', (table) => table.overwrite(rows(10, 5), eq('id', 1), { batchId: 'b' })],
  ['a delete', (table) => table.delete(eq('id', 1), { batchId: 'b' })],
  ['an optimize', (table) => table.optimize()],
  ['a z-order', (table) => table.optimize({ clusterColumns: ['half', 'at'] })],
  ['a wider column', (table) => table.evolve({ widen: [{ column: 'whole', to: 'int64' }] })],
  [
    'a new column',
    async (table) => {
      await table.evolve({ add: [{ name: 'more', type: 'float', nullable: true }] })
      await table.append(rows(10, 300), { batchId: 'b' })
    },
  ],
]

test.each(PATHS)(
  'files of %s have the physical types of the schema, and no column of type void',
  async (name, write) => {
    const hand = handMadeTable(join(path, 's', 't'))
    const values = TYPES.map(([column, , , value]) => `${column === 'id' ? 'id::bigint' : value} as "${column}"`)
    for (const [file, ids] of [
      ['one', '[1, 2]'],
      ['two', '[3]'],
    ]) {
      await hand.file(`${file}.parquet`, `select ${values.join(', ')} from (select unnest(${ids}) as id)`)
    }
    await hand.commit(
      0,
      { protocol: withFeatures('timestampNtz') },
      metaData(FIELDS),
      add('one.parquet'),
      add('two.parquet'),
    )
    const before = await parquetFiles(hand.path)
    await write(await storage.openTable({ schema: 's', name: 't' }, { evolveSchema: true }))
    const written = (await parquetFiles(hand.path)).filter((file) => !before.includes(file))
    expect(written.length).toBeGreaterThan(0)
    const expected = Object.fromEntries(TYPES.map(([column, , nodes]) => [column, nodes]))
    if (name === 'a wider column') expected.whole = ['INT64']
    if (name === 'a new column') expected.more = ['FLOAT']
    for (const file of written) expect(await physicalTypes(join(hand.path, file))).toEqual(expected)
  },
)

test('foreign files in which a dictionary merged zeros of both signs are read correctly', async () => {
  const hand = handMadeTable(join(path, 's', 't'))
  // The dictionary holds one of the zeros, and the bloom filter knows only that one.
  const zeros = 'select case when i = 0 then -0.0::double when i < 257 then 0.0::double else 1.0 + i % 5 end as d'
  await hand.file('a.parquet', `${zeros}, d::float as f, i::bigint as id from range(600) t(i)`)
  await hand.commit(
    0,
    { protocol: withFeatures() },
    metaData([field('d', 'double'), field('f', 'float'), field('id', 'long')]),
    add('a.parquet'),
  )
  const table = await storage.openTable({ schema: 's', name: 't' })
  for (const zero of [0, -0]) {
    for (const name of ['d', 'f']) {
      const where = eq(name, zero)
      const [row] = await table.aggregate({ where, measures: [{ as: 'n', fn: 'count' }] })
      expect(row).toEqual({ n: 257 })
    }
  }
  const columns: ColumnDefinition[] = [{ name: 'd', type: 'double', nullable: true }]
  const ignored = await table.merge(
    batchFromRows(columns, [{ d: 0 }]),
    { keys: ['d'], whenMatched: 'ignore' },
    { batchId: 'm' },
  )
  expect(ignored).toMatchObject({ rowsInserted: 0, rowsSkipped: 1 })
  expect(await table.delete(eq('d', 0), { batchId: 'd' })).toMatchObject({ rowsDeleted: 257 })
})

test('NaN values are found in files whose statistics leave them out', async () => {
  const hand = handMadeTable(join(path, 's', 't'))
  const writer = new ByteWriter()
  const data = Array.from({ length: 600 }, (_none, at) => (at === 100 ? Number.NaN : at))
  parquetWrite({ writer, columnData: [{ name: 'd', data, type: 'DOUBLE' }], statistics: true })
  await mkdir(hand.path, { recursive: true })
  await writeFile(join(hand.path, 'a.parquet'), writer.getBytes())
  await hand.commit(0, { protocol: withFeatures() }, metaData([field('d', 'double')]), add('a.parquet'))
  const table = await storage.openTable({ schema: 's', name: 't' })
  for (const where of [eq('d', Number.NaN), gt('d', 1e6)]) {
    const [row] = await table.aggregate({ where, measures: [{ as: 'n', fn: 'count' }] })
    expect(row).toEqual({ n: 1 })
  }
})

test('a table whose columns are all void is refused by name', async () => {
  const hand = handMadeTable(join(path, 's', 't'))
  await hand.commit(0, { protocol: withFeatures() }, metaData([field('nothing', 'void')]))
  const table = await storage.openTable({ schema: 's', name: 't' })
  await expect(
    table.append(batchFromRows([{ name: 'nothing', type: 'string', nullable: true }], [{ nothing: null }]), {
      batchId: 'a',
    }),
  ).rejects.toMatchObject({ committed: 'no' })
})

async function parquetFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.parquet'))
}

/** The nodes of each top-level column, depth first. */
async function physicalTypes(file: string): Promise<Record<string, string[]>> {
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const found = await session.rows(
    `select name, type, converted_type, logical_type, precision, scale, coalesce(num_children, 0)::integer as children
     from parquet_schema('${file}') where column_id > 0 order by column_id`,
  )
  session.close()
  engine.close()
  const columns: Record<string, string[]> = {}
  const pending = found.map((row) => ({
    name: String(row.name),
    children: Number(row.children),
    text: nodeText(row),
  }))
  const take = (nodes: string[]) => {
    const node = pending.shift()
    if (node === undefined) return
    nodes.push(node.text)
    for (let at = 0; at < node.children; at++) take(nodes)
  }
  for (let next = pending[0]; next; next = pending[0]) {
    const nodes: string[] = []
    take(nodes)
    columns[next.name] = nodes
  }
  return columns
}

function nodeText(row: Readonly<Record<string, unknown>>): string {
  const { converted_type: converted, logical_type: logical, precision, scale } = row
  if (Number(row.children) > 0) return converted === 'LIST' || converted === 'MAP' ? String(converted) : groupText(row)
  const time = /TimestampType\(isAdjustedToUTC=(\w+), unit=TimeUnit\(.*MICROS=.*\)/.exec(String(logical))
  if (time || converted === 'TIMESTAMP_MICROS')
    return `${row.type} ${time?.[1] === '0' || time?.[1] === 'false' ? 'local' : 'utc'} micros`
  if (converted === 'DECIMAL') return `${row.type} DECIMAL(${precision},${scale})`
  const plain = [row.type, converted === 'INT_64' ? null : converted].filter((part) => part !== null)
  return plain.join(' ')
}

function groupText(row: Readonly<Record<string, unknown>>): string {
  return row.name === 'list' || row.name === 'key_value' ? 'list' : 'group'
}
