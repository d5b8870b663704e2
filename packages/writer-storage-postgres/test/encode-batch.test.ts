import { describePostgres } from '@forge/fixtures/postgres-tests'
import { batchFromRows, batchRows, type ColumnDefinition, type Row, WriterSchemaError } from '@forge/writer-core'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { expect, test } from 'vitest'
import { encodeBatch } from '../src/copy/encode-batch.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'row', type: 'int32', nullable: false },
  { name: 'i32', type: 'int32', nullable: true },
  { name: 'i16', type: 'int16', nullable: true },
  { name: 'i8', type: 'int8', nullable: true },
  { name: 'wide', type: 'double', nullable: true },
  { name: 'narrow', type: 'float', nullable: true },
  { name: 'flag', type: 'boolean', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'day', type: 'date', nullable: true },
  { name: 'price', type: 'decimal(20,3)', nullable: true },
  { name: 'few', type: 'string', nullable: true },
  { name: 'many', type: 'string', nullable: true },
  { name: 'facts', type: 'json', nullable: true },
]

const LONGS = [0n, 1n, -1n, 2n ** 32n, -(2n ** 32n), 2n ** 31n, 2n ** 63n - 1n, -(2n ** 63n), 946_684_800_000_000n]
const TIMES = [
  '2000-01-01T00:00:00Z',
  '1999-12-31T23:59:59.999999Z',
  '1970-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999Z',
]

/** Returns rows, some of whose values are null; the last field of a row as well. */
function rowsOf(count: number): Row[] {
  return Array.from({ length: count }, (_none, row) => {
    const orNull = <Value>(value: Value, every: number) => (row % every === 1 ? null : value)
    return {
      id: LONGS[row % LONGS.length] ?? 0n,
      row,
      i32: orNull((row % 2 === 0 ? 1 : -1) * (2 ** 31 - 1 - row), 3),
      i16: orNull((row % 65_536) - 32_768, 4),
      i8: orNull((row % 256) - 128, 5),
      wide: orNull([0.1, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324][row % 4] ?? 0, 6),
      narrow: orNull([0.5, -1.25, Number.POSITIVE_INFINITY][row % 3] ?? 0, 7),
      flag: orNull(row % 2 === 0, 8),
      at: orNull(TIMES[row % TIMES.length] ?? '', 9),
      day: orNull(['2000-01-01', '1969-12-31', '2024-02-29'][row % 3] ?? '', 10),
      price: orNull(['12345678901234567.891', '-0.001', '0.000'][row % 3] ?? '', 11),
      few: orNull(['', 'é', '𝄞 and more', "it's"][row % 4] ?? '', 3),
      many: orNull(`${row} ${'ü'.repeat(row % 40)}`, 4),
      facts: orNull(`{"row":${row}}`, 2),
    }
  })
}

describePostgres('rows that are copied to PostgreSQL', (server) => {
  // Parts of the encoding have 512 rows.
  test.each([1, 511, 512, 513, 2000])('are read as they were, %i at once', async (count) => {
    const storage = postgresStorage({ url: server.url })
    const table = await storage.openTable({ schema: 'copied', name: `t${count}` }, { columns: COLUMNS })
    const batch = batchFromRows(COLUMNS, rowsOf(count))
    await table.append(batch, { batchId: 'a' })
    const found: Row[] = []
    for await (const part of table.scan({ orderBy: [{ column: 'row' }] })) found.push(...batchRows(part))
    expect(found).toEqual([...batchRows(batch)])
    await storage.close()
  })
})

test('a batch without rows has only the frame, and text with a NUL is refused by the name of its column', () => {
  expect(Buffer.concat([...encodeBatch(batchFromRows(COLUMNS, []))])).toHaveLength(21)
  for (const column of ['few', 'many']) {
    const rows = rowsOf(3).map((row) => ({ ...row, [column]: 'a\0b' }))
    const encode = () => [...encodeBatch(batchFromRows(COLUMNS, rows))]
    expect(encode).toThrow(WriterSchemaError)
    expect(encode).toThrow(expect.objectContaining({ context: expect.objectContaining({ column }) }))
  }
})
