import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { tableFromIPC } from 'apache-arrow'
import { expect, test } from 'vitest'
import { type AnalyticsFormat, exportAnalyticsData } from '../src/index.ts'
import { type Log, onEveryStorage } from './logs.ts'

const nullable = true
const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'price', type: 'decimal(20,2)', nullable },
  { name: 'mass', type: 'decimal(38,0)', nullable },
  { name: 'bytes', type: 'binary', nullable },
  { name: 'small', type: 'int16', nullable },
  { name: 'tiny', type: 'int8', nullable },
  { name: 'day', type: 'date', nullable },
  { name: 'numbers', type: 'array<decimal(20,0)>', nullable },
]
const ROWS = [
  {
    id: 1,
    price: '90071992547409.93',
    mass: '-99999999999999999999999999999999999999',
    bytes: '00ff61',
    small: -32_768,
    tiny: 127,
    day: '2024-02-29',
    numbers: '["9007199254740993",null]',
  },
  { id: 2, price: null, mass: null, bytes: null, small: null, tiny: null, day: null, numbers: null },
]

async function exportText(log: Log, format: AnalyticsFormat): Promise<string> {
  const { ref } = await log.source.table()
  const table = await log.source.storage.openTable(ref, { columns: COLUMNS })
  await table.append(batchFromRows(COLUMNS, ROWS), { batchId: 'a' })
  const path = join(log.directory, `exact.${format}`)
  await exportAnalyticsData(log.source, { format, path, orderBy: [{ column: 'id' }] })
  return path
}

onEveryStorage((open) => {
  test.each<AnalyticsFormat>(['json', 'ndjson'])(
    '%s has all digits of decimals, and bytes in hexadecimal',
    async (format) => {
      await using log = await open()
      const text = await readFile(await exportText(log, format), 'utf8')
      const rows =
        format === 'json'
          ? JSON.parse(text)
          : text
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line))
      expect(rows).toEqual(ROWS)
    },
  )

  test('csv has all digits of decimals, and bytes in hexadecimal', async () => {
    await using log = await open()
    const [, first, second] = (await readFile(await exportText(log, 'csv'), 'utf8')).split('\r\n')
    expect(first).toBe(
      '1,90071992547409.93,-99999999999999999999999999999999999999,00ff61,-32768,127,2024-02-29,"[""9007199254740993"",null]"',
    )
    expect(second).toBe('2,,,,,,,')
  })

  test('arrow has decimals, bytes and narrow numbers of their own types', async () => {
    await using log = await open()
    const table = tableFromIPC(await readFile(await exportText(log, 'arrow')))
    expect(table.schema.fields.map(({ type }) => String(type))).toEqual([
      'Int64',
      'Decimal[20e+2]',
      'Decimal[38e0]',
      'Binary',
      'Int16',
      'Int8',
      'Date32<DAY>',
      'Utf8',
    ])
    const [first, second] = table.toArray().map((row) => row.toJSON())
    expect([bigintOf(first.price), bigintOf(first.mass)]).toEqual([9007199254740993n, -(10n ** 38n) + 1n])
    expect([[...first.bytes], first.small, first.tiny]).toEqual([[0, 255, 97], -32_768, 127])
    expect([second.price, second.bytes, second.tiny]).toEqual([null, null, null])
  })

  test('parquet has decimals, bytes and narrow numbers of their own types', async () => {
    await using log = await open()
    const path = await exportText(log, 'parquet')
    const connection = await (await DuckDBInstance.create()).connect()
    const reader = await connection.runAndReadAll(`select * from read_parquet('${path}') order by id`)
    expect(reader.columnTypes().map(String)).toEqual([
      'BIGINT',
      'DECIMAL(20,2)',
      'DECIMAL(38,0)',
      'BLOB',
      'SMALLINT',
      'TINYINT',
      'DATE',
      'VARCHAR',
    ])
    const [first, second] = reader.getRowObjectsJson()
    expect(first).toMatchObject({ price: '90071992547409.93', mass: `-${'9'.repeat(38)}`, small: -32_768, tiny: 127 })
    expect(second).toMatchObject({ price: null, mass: null, bytes: null, tiny: null })
    connection.closeSync()
  })

  test('a spreadsheet is written of them', async () => {
    await using log = await open()
    expect((await readFile(await exportText(log, 'xlsx'))).subarray(0, 2).toString()).toBe('PK')
  })
})

/** Words of 32 bits, the lowest first, in two's complement. */
function bigintOf(words: Uint32Array): bigint {
  const bits = [...words].reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n)
  return BigInt.asIntN(words.length * 32, bits)
}
