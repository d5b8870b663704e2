// @module-tag many-cases
import {
  batchFromRows,
  batchRows,
  type ColumnDefinition,
  memoryStorage,
  type Row,
  type TableSource,
  tableSource,
  type Value,
} from '@forge/writer-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AnalyticsFormat, exportBytes } from '../src/index.ts'

const nullable = true
const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'a "name", quoted', type: 'string', nullable },
  { name: 'kind', type: 'string', nullable },
  { name: 'extra', type: 'json', nullable },
  { name: 'whole', type: 'int64', nullable },
  { name: 'small', type: 'int32', nullable },
  { name: 'real', type: 'double', nullable },
  { name: 'ok', type: 'boolean', nullable },
  { name: 'at', type: 'timestamp', nullable },
  { name: 'day', type: 'date', nullable },
  { name: 'price', type: 'decimal(20,2)', nullable },
]
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 150 }),
  fc.constantFrom(
    '',
    '\\N',
    ' led',
    'ends ',
    '=1+1',
    '-1',
    '＝1',
    '"',
    ',',
    '\r',
    '\n',
    '\u0000',
    '\u001f\u007f',
    '\u2028',
    'é',
    '🎉',
    '\ufeffa',
  ),
)
const instant = fc.oneof(
  fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
  fc.date({ min: new Date('2024-02-28'), max: new Date('2024-03-02'), noInvalidDate: true }),
)
const real = fc.oneof(
  fc.double(),
  fc.integer({ min: -5_000_000, max: 5_000_000 }).map((value) => value / 1000),
  fc.integer({ min: -5_000_000, max: 5_000_000 }).map((value) => value / 10_000),
  fc.constantFrom(2_147_483.647, 2_147_483.648, 0.001, 0.1 + 0.2, 1e21, 1e-7, 5e-324, -0),
)
const option = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null })
const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  'a "name", quoted': option(text),
  kind: option(fc.constantFrom('bronze', 'silver', 'gold "x"')),
  extra: option(fc.json().filter((json) => json !== 'null')),
  whole: option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => value >> (value & 63n))),
  small: option(fc.integer()),
  real: option(real),
  ok: option(fc.boolean()),
  at: option(
    fc
      .tuple(instant, fc.integer({ min: 100, max: 999 }))
      .map(([at, micros]) => at.toISOString().replace('Z', `${micros}Z`)),
  ),
  day: option(instant.map((day) => day.toISOString().slice(0, 10))),
  price: option(fc.integer().map((price) => (price / 100).toFixed(2))),
}

/** Returns the text of a value other than text; what is not plain has the mark around it. */
function otherText(value: Value, { type }: ColumnDefinition, mark: string): string {
  if (typeof value === 'string') return `${mark}${value}${mark}`
  if (typeof value !== 'number' || type !== 'double') return String(value)
  if (Number.isNaN(value) || Math.abs(value) === Number.POSITIVE_INFINITY) return `${mark}${value}${mark}`
  return Object.is(value, -0) ? '-0.0' : `${value}`
}

function jsonText(value: Value, column: ColumnDefinition): string {
  if (value === null) return 'null'
  return column.type === 'string' || column.type === 'json' ? JSON.stringify(value) : otherText(value, column, '"')
}

function csvText(value: Value, column: ColumnDefinition): string {
  if (value === null) return ''
  if (column.type !== 'string' && column.type !== 'json') return otherText(value, column, '')
  const given = String(value)
  return given === '' || given === '\\N' || given.trim() !== given || /[",\r\n]/.test(given)
    ? `"${given.replaceAll('"', '""')}"`
    : given
}

async function exportText(source: TableSource, format: AnalyticsFormat): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of exportBytes(source, { format, orderBy: [] })) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

test('every value is spelled as a simple writer of the format spells it', async () => {
  const row = fc.record(VALUES)
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
      const storage = memoryStorage()
      const source = tableSource({ storage, config: { tableSchema: 's', tableName: 't' } })
      const table = await source.storage.openTable((await source.table()).ref, { columns: COLUMNS })
      await table.append(batchFromRows(COLUMNS, rows), { batchId: 'a' })
      const stored: Row[] = []
      for await (const batch of table.scan({})) stored.push(...batchRows(batch))
      const objects = stored.map(
        (values) =>
          `{${COLUMNS.map((column) => `${JSON.stringify(column.name)}:${jsonText(values[column.name] ?? null, column)}`)}}`,
      )
      expect(await exportText(source, 'ndjson')).toBe(objects.map((object) => `${object}\n`).join(''))
      expect(await exportText(source, 'json')).toBe(`[\n${objects.join(',\n')}\n]\n`)
      const lines = stored.map(
        (values) => `${COLUMNS.map((column) => csvText(values[column.name] ?? null, column))}\r\n`,
      )
      const header = `"a ""name"", quoted",${COLUMNS.slice(1).map(({ name }) => name)}\r\n`
      expect(await exportText(source, 'csv')).toBe(header + lines.join(''))
    }),
    { numRuns: 200 },
  )
})

test('text of many different values, and chunks of bounded size, are whole', async () => {
  const storage = memoryStorage()
  const source = tableSource({ storage, config: { tableSchema: 's', tableName: 't' } })
  const columns: readonly ColumnDefinition[] = [{ name: 'name', type: 'string', nullable }]
  const table = await source.storage.openTable((await source.table()).ref, { columns })
  const names = Array.from({ length: 5000 }, (_none, at) =>
    at === 2500 ? 'ü'.repeat(1_500_000) : at % 3 === 0 ? `same ${at % 7}` : `"${at}" ${'x'.repeat(at % 300)}`,
  )
  await table.append(
    batchFromRows(
      columns,
      names.map((name) => ({ name })),
    ),
    { batchId: 'a' },
  )
  const chunks: Uint8Array[] = []
  for await (const chunk of exportBytes(source, { format: 'ndjson' })) chunks.push(chunk)
  expect(Buffer.concat(chunks).toString('utf8')).toBe(names.map((name) => `${JSON.stringify({ name })}\n`).join(''))
  expect(chunks.length).toBeGreaterThan(1)
})

test('a table without rows is an empty array, no line, and a header alone', async () => {
  const source = tableSource({ storage: memoryStorage(), config: { tableSchema: 's', tableName: 't' } })
  const table = await source.storage.openTable((await source.table()).ref, { columns: COLUMNS.slice(1, 3) })
  await table.append(batchFromRows(COLUMNS.slice(1, 3), []), { batchId: 'a' })
  expect(await exportText(source, 'json')).toBe('[]\n')
  expect(await exportText(source, 'ndjson')).toBe('')
  expect(await exportText(source, 'csv')).toBe('kind,extra\r\n')
})
