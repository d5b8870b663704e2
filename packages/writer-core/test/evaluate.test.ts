import {
  and,
  batchFromRows,
  between,
  type ColumnDefinition,
  call,
  column,
  type Expression,
  eq,
  gt,
  isIn,
  isNotNull,
  isNull,
  isWriterError,
  jsonField,
  like,
  literal,
  lt,
  lte,
  matches,
  ne,
  not,
  or,
  type Predicate,
} from '@forge/writer-core'
import { evaluateExpression, evaluatePredicate, expressionColumns, predicateColumns } from '@forge/writer-core/storage'
import { expect, test } from 'vitest'

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'name', type: 'string', nullable: true },
  { name: 'rows', type: 'int64', nullable: true },
  { name: 'small', type: 'int32', nullable: true },
  { name: 'secs', type: 'double', nullable: true },
  { name: 'ok', type: 'boolean', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'day', type: 'date', nullable: true },
  { name: 'extra', type: 'json', nullable: true },
]

function rowsOf(values: Readonly<Record<string, readonly unknown[]>>) {
  const length = Math.max(...Object.values(values).map((list) => list.length))
  const row = (at: number) => Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list[at]]))
  return batchFromRows(
    COLUMNS,
    Array.from({ length }, (_none, at) => row(at)),
  )
}

function truths(predicate: Predicate, values: Readonly<Record<string, readonly unknown[]>>): number[] {
  return [...evaluatePredicate(predicate, rowsOf(values))]
}

function valuesOf(expression: Expression, values: Readonly<Record<string, readonly unknown[]>>): unknown[] {
  return evaluateExpression(expression, rowsOf(values))
}

function codeOf(predicate: Predicate): unknown {
  try {
    evaluatePredicate(predicate, rowsOf({ name: ['a'] }))
    return undefined
  } catch (error) {
    return isWriterError(error) ? error.code : error
  }
}

test('a comparison with null is unknown, and so is a combination that depends on it', () => {
  const ok = { ok: [true, false, null] }
  expect(truths(eq('ok', true), ok)).toEqual([1, 0, 2])
  expect(truths(not(eq('ok', true)), ok)).toEqual([0, 1, 2])
  expect(truths(and(eq('ok', true), eq('ok', null)), ok)).toEqual([2, 0, 2])
  expect(truths(or(eq('ok', true), eq('ok', null)), ok)).toEqual([1, 2, 2])
  expect(truths(isNull('ok'), ok)).toEqual([0, 0, 1])
  expect(truths(isNotNull('ok'), ok)).toEqual([1, 1, 0])
  expect(truths(and(), ok)).toEqual([1, 1, 1])
  expect(truths(or(), ok)).toEqual([0, 0, 0])
})

test('a test with a list that contains a null is never false', () => {
  const rows = { rows: [1, 2, null] }
  expect(truths(isIn('rows', [1]), rows)).toEqual([1, 0, 2])
  expect(truths(isIn('rows', [1, null]), rows)).toEqual([1, 2, 2])
  expect(truths(isIn('rows', []), rows)).toEqual([0, 0, 0])
})

test('NaN equals itself and is greater than all other numbers', () => {
  const secs = { secs: [Number.NaN, Number.POSITIVE_INFINITY, 0] }
  expect(truths(eq('secs', Number.NaN), secs)).toEqual([1, 0, 0])
  expect(truths(gt('secs', 5), secs)).toEqual([1, 1, 0])
  expect(truths(lte('secs', 5), secs)).toEqual([0, 0, 1])
  expect(truths(lt('secs', Number.NaN), secs)).toEqual([0, 1, 1])
  expect(truths(isIn('secs', [Number.NaN, -0]), secs)).toEqual([1, 0, 1])
})

test('strings are compared by code point', () => {
  const name = { name: ['\uffff', '🎉', 'a', 'A'] }
  expect(truths(gt('name', '\uffff'), name)).toEqual([0, 1, 0, 0])
  expect(truths(lt('name', '🎉'), name)).toEqual([1, 0, 1, 1])
  expect(truths(between('name', 'B', 'b'), name)).toEqual([0, 0, 1, 0])
})

test('whole numbers are compared exactly, and as doubles if the other side is a double', () => {
  const rows = { rows: [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n], secs: [2 ** 53, 2 ** 53, 2 ** 63] }
  expect(truths(eq('rows', 2n ** 53n), rows)).toEqual([1, 0, 0])
  expect(truths(eq('rows', 2 ** 53), rows)).toEqual([1, 0, 0])
  expect(truths(gt('rows', 2n ** 64n), rows)).toEqual([0, 0, 0])
  expect(truths(lt('rows', 0.5), rows)).toEqual([0, 0, 0])
  expect(truths(eq('rows', column('secs')), rows)).toEqual([1, 1, 1])
  expect(truths(isIn('rows', [2n ** 53n + 1n]), rows)).toEqual([0, 1, 0])
})

test('times are compared with Dates, and with ISO text without a zone or time', () => {
  const at = { at: ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000001Z'], day: ['2024-01-01', '2024-01-02'] }
  expect(truths(eq('at', new Date('2024-01-01T00:00:00Z')), at)).toEqual([1, 0])
  expect(truths(gt('at', '2024-01-01'), at)).toEqual([0, 1])
  expect(truths(lt('at', '2024-01-01T02:00:00+02:00'), at)).toEqual([0, 0])
  expect(truths(eq('day', column('at')), at)).toEqual([1, 0])
  expect(truths(isIn('day', ['2024-01-02', '2024-01-03T12:00:00Z']), at)).toEqual([0, 1])
  expect(truths(gt(literal('2024-01-02'), column('day')), at)).toEqual([1, 0])
})

test('like matches whole texts, by characters', () => {
  const name = { name: ['100%', '100', 'a🎉c', 'A\nC', null] }
  expect(truths(like('name', '100\\%'), name)).toEqual([1, 0, 0, 0, 2])
  expect(truths(like('name', '100%'), name)).toEqual([1, 1, 0, 0, 2])
  expect(truths(like('name', 'a_c'), name)).toEqual([0, 0, 1, 0, 2])
  expect(truths(like('name', 'a_c', { ignoreCase: true }), name)).toEqual([0, 0, 1, 1, 2])
  expect(truths(like('name', 'a.c'), name)).toEqual([0, 0, 0, 0, 2])
})

test('matches finds an RE2 expression anywhere in the text', () => {
  const name = { name: ['error 42', 'fine', `${'a'.repeat(50_000)}!`] }
  expect(truths(matches('name', '\\d+$'), name)).toEqual([1, 0, 0])
  expect(truths(matches('name', '^(a+)+$'), name)).toEqual([0, 0, 0])
})

test('functions return the same values as engines', () => {
  const of = (name: Parameters<typeof call>[0], field: string, ...values: unknown[]) =>
    valuesOf(call(name, field), { [field]: values })
  expect(of('round', 'secs', 2.5, -2.5, 0.49999999999999994, null)).toEqual([3, -3, 0, null])
  expect(of('floor', 'secs', -0.5, 1.5)).toEqual([-1, 1])
  expect(of('ceil', 'rows', 2n ** 53n + 1n)).toEqual([2 ** 53])
  expect(of('abs', 'rows', -5, -(2n ** 53n) - 1n)).toEqual([5, 2n ** 53n + 1n])
  expect(of('isFinite', 'secs', 1, Number.NaN, Number.NEGATIVE_INFINITY)).toEqual([true, false, false])
  expect(of('length', 'name', 'é🎉', '')).toEqual([2, 0])
  expect(of('upper', 'name', 'Straße', 'ᾳ', 'ŉ')).toEqual(['STRAẞE', 'ᾼ', 'ŉ'])
  expect(of('lower', 'name', 'ΑΣ', 'İ')).toEqual(['ασ', 'i'])
  expect(of('trim', 'name', ' \u3000a\t ')).toEqual(['a\t'])
  expect(
    valuesOf(call('coalesce', 'rows', 'small', literal(0)), { rows: [1, null, null], small: [2, 2, null] }),
  ).toEqual([1, 2, 0])
  expect(() => of('abs', 'rows', -(2n ** 63n))).toThrow(expect.objectContaining({ code: 'SCHEMA' }))
})

test('arithmetic uses doubles, and division by zero gives null', () => {
  const arithmetic = (operator: '/' | '%' | '+', right: number): Expression => {
    return { kind: 'arithmetic', operator, left: column('rows'), right: literal(right) }
  }
  expect(valuesOf(arithmetic('/', 2), { rows: [7, null] })).toEqual([3.5, null])
  expect(valuesOf(arithmetic('/', 0), { rows: [7] })).toEqual([null])
  expect(valuesOf(arithmetic('%', 0), { rows: [7] })).toEqual([null])
  expect(valuesOf(arithmetic('%', 4), { rows: [-7] })).toEqual([-3])
  expect(valuesOf(arithmetic('+', 0), { rows: [2n ** 53n + 1n] })).toEqual([2 ** 53])
})

test('keys of json are read as text: strings without quotes, other values as JSON', () => {
  const extra = [
    '{"k":"ü\\n"}',
    '{"k": 1.0}',
    '{"k":1e5}',
    '{"k":[1, {"a": null}]}',
    '{"k":12345678901234567890123}',
    '{"k":"first","k":"second"}',
    '{"\\u006b":true}',
    '{"k":null}',
    '{"other":{"k":1}}',
    '["k"]',
    null,
  ]
  expect(valuesOf(jsonField('extra', 'k'), { extra })).toEqual([
    'ü\n',
    '1.0',
    '100000.0',
    '[1,{"a":null}]',
    '12345678901234567890123',
    'first',
    'true',
    null,
    null,
    null,
    null,
  ])
  expect(valuesOf(jsonField('name', 'k'), { name: ['no json', '{"k":'] })).toEqual([null, null])
  expect(valuesOf(jsonField('extra', '__proto__'), { extra: ['{"__proto__":1}', '{}'] })).toEqual(['1', null])
})

test('a case evaluates only the branch that it selects', () => {
  const least = -(2n ** 63n)
  const [when, then] = [gt('rows', least), call('abs', 'rows')]
  const guarded: Expression = { kind: 'case', when, then, else: literal(0) }
  expect(valuesOf(guarded, { rows: [-3, least, null] })).toEqual([3, 0, 0])
})

test('values have the form of their column type', () => {
  const at = '2024-01-01T00:00:00.000001Z'
  expect(valuesOf(column('at'), { at: [at, '9999-12-31T23:59:59.999999Z', null] })).toEqual([
    at,
    '9999-12-31T23:59:59.999999Z',
    null,
  ])
  expect(valuesOf(column('day'), { day: ['0001-01-01', '2024-02-29'] })).toEqual(['0001-01-01', '2024-02-29'])
  expect(valuesOf(column('rows'), { rows: [1, 2n ** 63n - 1n, -(2n ** 53n)] })).toEqual([
    1,
    2n ** 63n - 1n,
    -(2n ** 53n),
  ])
  expect(valuesOf(literal(new Date(0)), { ok: [true] })).toEqual(['1970-01-01T00:00:00.000000Z'])
})

test('a predicate gives the same results on a column with few and with many distinct values', () => {
  const words = Array.from({ length: 3000 }, (_none, at) => (at % 7 === 0 ? null : `w${at % 5}`))
  const distinct = words.map((word, at) => (word === null ? null : `${word}-${at}`))
  const few = truths(like('name', 'w1%'), { name: words })
  expect(few).toEqual(truths(like('name', 'w1%'), { name: distinct }))
  expect(few).toEqual(words.map((word) => (word === null ? 2 : word === 'w1' ? 1 : 0)))
  expect(truths(isNull(call('upper', 'name')), { name: words })).toEqual(words.map((word) => (word === null ? 1 : 0)))
})

test.each<[string, Predicate, string]>([
  ['an unknown column', eq('nope', 1), 'SCHEMA'],
  ['text compared with a number', eq('name', 1), 'SCHEMA'],
  ['a number compared with text', gt('rows', 'a'), 'SCHEMA'],
  ['a boolean compared with a number', eq('ok', 1), 'SCHEMA'],
  ['a time compared with a number', gt('at', 5), 'SCHEMA'],
  ['a time compared with a text column', gt('at', column('name')), 'SCHEMA'],
  ['a list item of another type', isIn('rows', [1, 'a']), 'SCHEMA'],
  ['like on a number', like('rows', '1%'), 'SCHEMA'],
  ['a length of a number', eq(call('length', 'rows'), 1), 'SCHEMA'],
  ['a key of a number', eq(jsonField('rows', 'k'), 'a'), 'SCHEMA'],
  ['branches of two types', eq(call('coalesce', literal(null), 'rows', 'name'), 1), 'SCHEMA'],
  ['text that is not an instant', gt('at', 'yesterday'), 'CONFIGURATION'],
  ['an invalid Date', gt('at', new Date(Number.NaN)), 'CONFIGURATION'],
  ['an integer of 129 bits', gt('rows', 2n ** 128n), 'CONFIGURATION'],
  ['an invalid pattern', matches('name', '('), 'CONFIGURATION'],
  ['a pattern with look-around', matches('name', '(?=a)'), 'CONFIGURATION'],
  ['a pattern that ends in an escape', like('name', 'a\\'), 'CONFIGURATION'],
  ['a function with two arguments', eq(call('round', 'secs', literal(2)), 1), 'CONFIGURATION'],
  ['a function without arguments', eq(call('coalesce'), 1), 'CONFIGURATION'],
])('%s is rejected, whatever the rows', (_what, predicate, code) => {
  expect(codeOf(predicate)).toBe(code)
})

test('the error names all unknown columns', () => {
  expect(() => evaluatePredicate(and(eq('x', 1), ne('y', 1)), rowsOf({ name: ['a'] }))).toThrow(
    expect.objectContaining({ context: expect.objectContaining({ missing: ['x', 'y'] }) }),
  )
})

test('the columns of predicates and expressions are each named once', () => {
  const when = and(eq('a', column('b')), not(isIn('a', [1])), between('c', column('d'), 1), matches('e', 'x'))
  const then = jsonField('f', 'k')
  const chosen: Expression = { kind: 'case', when, then, else: call('coalesce', 'g', 'a') }
  expect(predicateColumns(when)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(expressionColumns(chosen)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
})
