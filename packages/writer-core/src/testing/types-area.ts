import { expect, test } from 'vitest'
import type { ColumnVector } from '../batch/log-batch.ts'
import { batchFromRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import type { ColumnType } from '../column/column-type.ts'
import type { TableOptions } from '../storage/log-table.ts'
import { type Bench, read } from './storage-under-test.ts'

/** The bitmap of two values of which only the second is not null. */
const SECOND_ONLY = Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0)

const value = (type: ColumnType): ColumnDefinition => ({ name: 'value', type, nullable: true })
const batchOf = (type: ColumnType, ...values: readonly unknown[]) =>
  batchFromRows(
    [value(type)],
    values.map((each) => ({ value: each })),
  )

/** Tests types that occur in tables of other writers, and batches whose types differ from the table's. */
export function testTypes(bench: Bench): void {
  const tableOf = (type: ColumnType, options: TableOptions = {}) =>
    bench.table({ columns: [{ name: 'key', type: 'string', nullable: true }, value(type)], ...options })

  test.each<[ColumnType, readonly unknown[]]>([
    ['int32', [0, -(2 ** 31), 2 ** 31 - 1, null]],
    ['float', [0.5, -1.25, Math.fround(0.1), Number.POSITIVE_INFINITY, Number.NaN, null]],
    ['int16', [0, -32_768, 32_767, null]],
    ['int8', [0, -128, 127, null]],
    ['binary', ['', '00', 'ff', '00ff10', 'c3a9', 'ab'.repeat(40), null]],
    ['decimal(4,2)', ['0.00', '-99.99', '99.99', '0.01', null]],
    ['decimal(9,0)', ['0', '-999999999', '999999999', null]],
    ['decimal(18,6)', ['0.000000', '-999999999999.999999', '0.000001', null]],
    ['decimal(20,0)', ['9007199254740992', '9007199254740993', '-99999999999999999999', null]],
    ['decimal(38,10)', ['9999999999999999999999999999.9999999999', '-0.0000000001', '1.0000000000', null]],
    ['array<int64>', ['[]', '[1,null,9007199254740993]', null]],
    ['array<array<string>>', ['[["a","ü\\n"],[],null]', null]],
    ['array<decimal(38,2)>', ['["99999999999999999999999999999999999.99",null]', null]],
    ['array<timestamp>', ['["2024-02-29T12:34:56.789012Z"]', null]],
    ['map<string,int8>', ['{}', '{"k":-128,"":null}', null]],
    ['map<int32,boolean>', ['{"7":true}', null]],
    [
      'struct<a:int64,"b c":string,d:date>',
      ['{"a":9007199254740993,"b c":"x","d":"2024-02-29"}', '{"a":null,"b c":null,"d":null}', null],
    ],
    ['struct<list:array<struct<x:decimal(4,1)>>>', ['{"list":[{"x":"-0.5"},null]}', null]],
    ['date', ['0001-01-01', '1969-12-31', '1970-01-01', '2024-02-29', '9999-12-31', null]],
  ])('values of %s come back exactly', async (type, values) => {
    const table = await tableOf(type)
    await table.append(batchOf(type, ...values), { batchId: 'a' })
    expect((await table.info()).columns[1]).toMatchObject({ name: 'value', type, nullable: true })
    const found = await read(table)
    expect(new Set(found.map((row) => row.value))).toEqual(new Set(values))
  })

  test.each<[ColumnType, ColumnType, unknown, unknown]>([
    ['int64', 'int32', 2 ** 31 - 1, 2 ** 31 - 1],
    ['int32', 'int64', -5, -5],
    ['int64', 'double', 2 ** 52 + 1, 2 ** 52 + 1],
    ['int32', 'double', 7, 7],
    ['int64', 'int8', -128, -128],
    ['int16', 'int64', 300, 300],
    ['int64', 'decimal(21,2)', 2n ** 63n - 1n, '9223372036854775807.00'],
    ['int8', 'decimal(3,0)', -128, '-128'],
    ['double', 'decimal(20,2)', 0.1, '0.10'],
    ['double', 'decimal(38,8)', -1e-7, '-0.00000010'],
    ['double', 'decimal(38,0)', 1e22, '10000000000000000000000'],
    ['decimal(5,2)', 'decimal(20,4)', '123.45', '123.4500'],
    ['decimal(20,4)', 'decimal(5,2)', '123.4500', '123.45'],
    ['double', 'float', 0.1, Math.fround(0.1)],
    ['float', 'double', 0.5, 0.5],
    ['string', 'json', '{"a":  1}', '{"a":  1}'],
    ['json', 'string', { a: 1 }, '{"a":1}'],
    ['array<int32>', 'json', [1, 2], '[1,2]'],
    ['struct<a:int32>', 'string', { a: 1 }, '{"a":1}'],
    ['timestamp', 'string', '2024-01-02T03:04:05.000006Z', '2024-01-02T03:04:05.000006Z'],
    ['date', 'string', '2024-02-29', '2024-02-29'],
  ])('%s fits into a column of %s', async (given, stored, value, expected) => {
    const table = await tableOf(stored)
    await table.append(batchOf(given, value, null), { batchId: 'a' })
    const found = await read(table, { orderBy: [{ column: 'value' }], columns: ['value'] })
    expect(found).toEqual([{ value: expected }, { value: null }])
  })

  const TOO_LARGE: readonly (readonly [ColumnType, ColumnType, unknown, ColumnType | undefined])[] = [
    ['int64', 'int32', 2 ** 31, 'int64'],
    ['int64', 'int32', -(2n ** 63n), 'int64'],
    ['int64', 'int16', 2 ** 15, 'int64'],
    ['int32', 'int8', -129, 'int64'],
    ['int64', 'decimal(3,0)', 1000, undefined],
    ['double', 'decimal(20,2)', 0.125, undefined],
    ['double', 'decimal(20,2)', Number.NaN, undefined],
    ['decimal(20,2)', 'decimal(20,0)', '1.50', undefined],
    ['decimal(20,0)', 'decimal(3,0)', '1000', undefined],
    ['double', 'float', 1e300, 'double'],
    ['int64', 'float', 2 ** 24 + 1, 'double'],
    ['int64', 'double', 2n ** 53n + 1n, undefined],
  ]

  test.each(TOO_LARGE)('%s that a column of %s cannot hold is a schema error: %s', async (given, stored, value) => {
    const table = await tableOf(stored)
    await table.append(batchOf(given, 1), { batchId: 'a' })
    const failing = table.append(batchOf(given, 2, value), { batchId: 'b' })
    await expect(failing).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
    expect((await read(table, { columns: ['value'] })).map((row) => Number(row.value))).toEqual([1])
  })

  test.each<[ColumnType, ColumnType, unknown]>([
    ['float', 'decimal(20,0)', 1],
    ['string', 'decimal(20,0)', '1'],
    ['decimal(20,0)', 'double', '1'],
    ['decimal(20,0)', 'int64', '1'],
    ['decimal(20,0)', 'string', '1'],
    ['string', 'binary', 'ff'],
    ['binary', 'string', 'ff'],
    ['boolean', 'int8', true],
    ['json', 'array<int32>', '[1]'],
    ['array<int64>', 'array<int32>', '[1]'],
    ['string', 'struct<a:int32>', '{"a":1}'],
  ])('%s is never converted to %s silently', async (given, stored, value) => {
    const table = await tableOf(stored)
    const failing = table.append(batchOf(given, value), { batchId: 'a' })
    await expect(failing).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
  })

  test.each(TOO_LARGE.filter(([, , , wider]) => wider))(
    '%s widens a column of %s if the options allow it: %s',
    async (given, stored, value, wider) => {
      const table = await tableOf(stored, { widenColumns: true })
      await table.append(batchOf(given, 1), { batchId: 'a' })
      expect(await table.append(batchOf(given, value), { batchId: 'b' })).toMatchObject({ rowsInserted: 1 })
      expect((await table.info()).columns[1]).toMatchObject({ name: 'value', type: wider })
      const found = (await read(table, { columns: ['value'] })).map((row) => row.value)
      expect(found).toHaveLength(2)
      expect(new Set(found)).toEqual(new Set([1, value]))
    },
  )

  test.each(TOO_LARGE)('the first write of %s to a column of %s must fit as well: %s', async (given, stored, value) => {
    const table = await tableOf(stored)
    const failing = table.append(batchOf(given, value), { batchId: 'a' })
    await expect(failing).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
    expect((await table.info()).exists).toBe(false)
  })

  test.each<[ColumnType, ColumnVector]>([
    ['int32', { kind: 'int64', values: BigInt64Array.of(2n ** 40n, 1n), validity: SECOND_ONLY }],
    ['int8', { kind: 'int32', values: Int32Array.of(1000, 1), validity: SECOND_ONLY }],
    ['double', { kind: 'int64', values: BigInt64Array.of(2n ** 60n + 1n, 1n), validity: SECOND_ONLY }],
    ['float', { kind: 'double', values: Float64Array.of(1e300, 1), validity: SECOND_ONLY }],
    ['decimal(3,0)', { kind: 'int64', values: BigInt64Array.of(2n ** 60n, 1n), validity: SECOND_ONLY }],
  ])('what the slot of a null holds is never compared with a column of %s', async (stored, vector) => {
    const table = await tableOf(stored, { widenColumns: true })
    const given = vector.kind === 'int64' ? 'int64' : vector.kind === 'int32' ? 'int32' : 'double'
    await table.append({ rowCount: 2, columns: [value(given)], vectors: [vector] }, { batchId: 'a' })
    expect((await table.info()).columns[1]).toMatchObject({ type: stored })
    const found = await read(table, { columns: ['value'] })
    expect(found.map((row) => row.value === null || Number(row.value)).sort()).toEqual([1, true])
  })

  test('the first write may widen a column', async () => {
    const table = await tableOf('int32', { widenColumns: true })
    await table.append(batchOf('int64', 2 ** 40), { batchId: 'a' })
    expect((await table.info()).columns[1]).toMatchObject({ type: 'int64' })
    expect(await read(table, { columns: ['value'] })).toEqual([{ value: 2 ** 40 }])
  })
}
