import {
  batchFromRows,
  batchRows,
  type ColumnDefinition,
  decimal,
  describePredicate,
  gt,
  parsePredicate,
} from '@forge/writer-core'
import {
  decimalText,
  evaluatePredicate,
  exactComparison,
  nestedShape,
  nestedType,
  parseDecimal,
} from '@forge/writer-core/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const digits = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })
const scales = fc.integer({ min: 0, max: 38 })
const OPERATORS = ['=', '!=', '<', '<=', '>', '>='] as const

test('the text of a decimal is parsed as that decimal', () => {
  fc.assert(
    fc.property(digits, scales, (unscaled, scale) => {
      expect(parseDecimal(decimalText({ unscaled, scale }))).toEqual({ unscaled, scale })
    }),
  )
})

test.each([
  ['1e3', { unscaled: 1000n, scale: 0 }],
  ['-1.50E-2', { unscaled: -150n, scale: 4 }],
  ['.5', { unscaled: 5n, scale: 1 }],
  ['5.', { unscaled: 5n, scale: 0 }],
  ['', undefined],
  ['-', undefined],
  ['1e99999', undefined],
  ['0x10', undefined],
  ['1_000', undefined],
])('%s is parsed exactly, or not at all', (text, expected) => {
  expect(parseDecimal(text)).toEqual(expected)
})

test('a decimal compares with a constant like unscaled integers, before and after the constant is fitted to the column', () => {
  const columns: ColumnDefinition[] = [{ name: 'd', type: 'decimal(20,6)', nullable: true }]
  const values = fc.bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n })
  const near = fc.tuple(values, fc.integer({ min: -11, max: 11 })).map(([value, step]) => value * 10n + BigInt(step))
  fc.assert(
    fc.property(values, fc.oneof(near, digits), fc.constantFrom(...OPERATORS), (unscaled, constant, operator) => {
      const batch = batchFromRows(columns, [{ d: decimalText({ unscaled, scale: 6 }) }, {}])
      const where = parsePredicate(`d ${operator} ${decimalText({ unscaled: constant, scale: 7 })}`)
      const [one, other] = [unscaled * 10n, constant]
      const truth = {
        '=': one === other,
        '!=': one !== other,
        '<': one < other,
        '<=': one <= other,
        '>': one > other,
        '>=': one >= other,
      }[operator]
      const expected = [truth ? 1 : 0, 2]
      expect([...evaluatePredicate(where, batch)]).toEqual(expected)
      if (where.op !== 'compare') throw new Error('expected a comparison')
      expect([...evaluatePredicate(exactComparison(where, columns), batch)]).toEqual(expected)
      expect(parsePredicate(describePredicate(where))).toEqual(where)
    }),
  )
})

test('the description of a constant keeps digits that its column cannot hold', () => {
  const where = gt('d', decimal('0.10000000000000000000000000000000000001'))
  expect(parsePredicate(describePredicate(where))).toEqual(where)
})

test.each(['', 'x', '1,5', '--1'])('%s as a decimal in a condition is rejected', (text) => {
  const batch = batchFromRows([{ name: 'd', type: 'decimal(5,2)', nullable: true }], [])
  expect(() => evaluatePredicate(gt('d', decimal(text)), batch)).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION' }),
  )
})

test('the name of a nested type contains its parts', () => {
  const shape = {
    kind: 'struct',
    fields: [
      { name: 'a', type: 'decimal(10,2)' },
      { name: 'b, "c>:', type: 'map<string,array<struct<x:int8,y:array<string>>>>' },
    ],
  } as const
  expect(nestedShape(nestedType(shape))).toEqual(shape)
})

test.each<[ColumnDefinition['type'], unknown, string | undefined]>([
  ['array<int8>', [127, 128], undefined],
  ['array<int8>', '[1.0, 2e1]', '[1,20]'],
  ['array<int32>', '[1.5]', undefined],
  ['array<int64>', '[9007199254740993]', '[9007199254740993]'],
  ['array<decimal(4,2)>', '[1.5, "2.25"]', '["1.50","2.25"]'],
  ['array<decimal(4,2)>', '[0.001]', undefined],
  ['array<string>', '[1]', undefined],
  ['array<string>', '["1"]', '["1"]'],
  ['array<boolean>', '["true"]', undefined],
  ['array<double>', '[1, "NaN"]', '[1,"NaN"]'],
  ['array<double>', [Number.NEGATIVE_INFINITY], '["-Infinity"]'],
  ['array<float>', [1e300], undefined],
  ['struct<a:int64>', { a: 1n, b: 2 }, undefined],
  ['struct<a:int64,b:string>', { b: 'x' }, '{"a":null,"b":"x"}'],
  ['map<int8,string>', { 300: 'x' }, undefined],
  ['map<string,int8>', new Map([['__proto__', 1]]), '{"__proto__":1}'],
  ['map<string,int8>', '[1]', undefined],
  ['array<date>', ['2024-02-30'], undefined],
  ['array<int8>', 'null', undefined],
  ['array<int8>', '[1', undefined],
])('%s holds values exactly, or rejects them (case %#)', (type, value, expected) => {
  const columns: ColumnDefinition[] = [{ name: 'v', type, nullable: true }]
  const make = () => [...batchRows(batchFromRows(columns, [{ v: value }]))]
  if (expected === undefined) expect(make).toThrow(type)
  else expect(make()).toEqual([{ v: expected }])
})
