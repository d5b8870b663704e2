import { batchFromRows, type ColumnDefinition, type ColumnType, type LogBatch } from '@forge/writer-core'
import { acceptsType, isWithin, misfits, widenedFor, widerType } from '@forge/writer-core/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const WHOLE = ['int8', 'int16', 'int32', 'int64'] as const
const BITS = { int8: 8, int16: 16, int32: 32, int64: 64 } as const

const column = (type: ColumnType): ColumnDefinition => ({ name: 'value', type, nullable: true })
const batchOf = (type: ColumnType, values: readonly unknown[]): LogBatch =>
  batchFromRows(
    [column(type)],
    values.map((value) => ({ value })),
  )
const fits = (stored: ColumnType, given: ColumnType, values: readonly unknown[]) =>
  misfits([column(stored)], batchOf(given, values)).length === 0

test('whole numbers fit exactly if the bits of the column hold them', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...WHOLE),
      fc.constantFrom(...WHOLE),
      fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 5 }),
      (stored, given, numbers) => {
        const inGiven = numbers.map((number) => BigInt.asIntN(BITS[given], number))
        const isHeld = inGiven.every((number) => BigInt.asIntN(BITS[stored], number) === number)
        expect(fits(stored, given, inGiven)).toBe(isHeld)
      },
    ),
  )
})

test('whole numbers fit into doubles and floats if no digit is lost beyond the exact range', () => {
  expect(fits('double', 'int64', [2n ** 53n, -(2n ** 53n)])).toBe(true)
  expect(fits('double', 'int64', [2n ** 53n + 1n])).toBe(false)
  expect(fits('float', 'int32', [2 ** 24])).toBe(true)
  expect(fits('float', 'int32', [2 ** 24 + 1])).toBe(false)
})

test('other numbers may lose digits, but must stay finite', () => {
  expect(fits('float', 'double', [0.1, Number.NaN, Number.POSITIVE_INFINITY, 3.4e38])).toBe(true)
  expect(fits('float', 'double', [3.5e38])).toBe(false)
})

test('a misfit names the type that holds the values, if the column can become it', () => {
  expect(misfits([column('int8')], batchOf('int64', [300]))).toMatchObject([{ column: 'value', to: 'int64' }])
  expect(misfits([column('float')], batchOf('double', [1e300]))).toMatchObject([{ column: 'value', to: 'double' }])
  expect(misfits([column('float')], batchOf('int64', [2n ** 60n + 1n]))[0]?.to).toBeUndefined()
  expect(misfits([column('double')], batchOf('int64', [2n ** 60n + 1n]))[0]?.to).toBeUndefined()
  expect(misfits([column('boolean')], batchOf('int64', [1]))[0]?.to).toBeUndefined()
})

test('nulls fit into every column, whatever the type of the batch', () => {
  expect(misfits([column('boolean')], batchOf('string', [null, null]))).toEqual([])
  expect(misfits([column('boolean')], batchOf('string', [null, 'x']))).toHaveLength(1)
})

test('columns become as wide as their values, and no wider', () => {
  const columns = [column('int32'), { ...column('int32'), name: 'other' }]
  expect(widenedFor(columns, batchOf('int64', [2 ** 40])).map(({ type }) => type)).toEqual(['int64', 'int32'])
  expect(widenedFor(columns, batchOf('int64', [7]))).toEqual(columns)
})

test.each<[ColumnType, ColumnType, boolean]>([
  ['string', 'timestamp', true],
  ['string', 'array<int32>', true],
  ['json', 'string', true],
  ['timestamp', 'string', false],
  ['int64', 'double', false],
  ['decimal(5,2)', 'double', true],
  ['decimal(5,2)', 'string', false],
  ['array<int32>', 'array<int32>', true],
  ['array<int32>', 'array<int64>', false],
  ['double', 'decimal(5,2)', false],
])('a column of %s takes %s: %s', (stored, given, isAccepted) => {
  expect(acceptsType(stored, given)).toBe(isAccepted)
})

test('only narrow numbers can become wider', () => {
  expect((['int8', 'int16', 'int32', 'float'] as const).map(widerType)).toEqual(['int64', 'int64', 'int64', 'double'])
  expect((['int64', 'double', 'string', 'decimal(5,2)'] as const).map(widerType)).toEqual(Array(4).fill(undefined))
})

test('a range of whole numbers holds for every kind of number, and never for the slot of a null', () => {
  const range = [0n, 255n] as const
  const vectorOf = (type: ColumnType, values: readonly unknown[]) => batchOf(type, values).vectors[0]
  for (const [type, inside, outside] of [
    ['int64', 255n, 256n],
    ['int32', 255, -1],
    ['double', 255, 256],
    ['decimal(6,2)', '255.00', '256.00'],
  ] as const) {
    const [holds, exceeds] = [vectorOf(type, [0, inside, null]), vectorOf(type, [inside, outside])]
    if (!holds || !exceeds) throw new Error('the batch has no vector')
    expect([isWithin(holds, range, type), isWithin(exceeds, range, type)], type).toEqual([true, false])
  }
  const stale = {
    kind: 'int32',
    values: Int32Array.of(999, 1),
    validity: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0),
  } as const
  expect(isWithin(stale, range, 'int32')).toBe(true)
})
