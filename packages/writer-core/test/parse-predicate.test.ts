import {
  and,
  batchFromRows,
  between,
  type ColumnDefinition,
  call,
  column,
  describePredicate,
  type Expression,
  eq,
  gt,
  gte,
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
  parsePredicate,
} from '@forge/writer-core'
import { evaluatePredicate } from '@forge/writer-core/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const arithmetic = (left: Expression, operator: '+' | '-' | '*' | '/' | '%', right: Expression): Expression => ({
  kind: 'arithmetic',
  operator,
  left,
  right,
})

test.each<[string, Predicate]>([
  ['duration_secs >= 0 AND duration_secs <= 3600', and(gte('duration_secs', 0), lte('duration_secs', 3600))],
  ["phase IN ('bronze','silver','gold')", isIn('phase', ['bronze', 'silver', 'gold'])],
  ["phase not in ('pipeline')", not(isIn('phase', ['pipeline']))],
  ['rows in (1, -2, null)', isIn('rows', [1, -2, null])],
  ['a BETWEEN -1 AND 2.5 and b', and(between('a', -1, 2.5), eq('b', true))],
  ['a not between 1 and 2', not(between('a', 1, 2))],
  ['error_message IS NULL', isNull('error_message')],
  ['error_message IS NOT NULL', isNotNull('error_message')],
  ["name LIKE 'a\\_%'", like('name', 'a\\_%')],
  ["name NOT ILIKE 'a%'", not(like('name', 'a%', { ignoreCase: true }))],
  ["name ~ '^a'", matches('name', '^a')],
  ["name ~* 'a'", matches('name', '(?i)a')],
  ["name !~ 'a'", not(matches('name', 'a'))],
  ["matches(name, 'a')", matches('name', 'a')],
  ["regexp_matches(name, 'a')", matches('name', 'a')],
  ['a <> 1 AND b != 2', and(ne('a', 1), ne('b', 2))],
  ['a or b and not c', or(eq('a', true), and(eq('b', true), not(eq('c', true))))],
  ['(a OR b) AND c', and(or(eq('a', true), eq('b', true)), eq('c', true))],
  ['TRUE', { op: 'true' }],
  ['false', { op: 'false' }],
  ['success = TRUE', eq('success', true)],
  ["name = 'it''s -- not; a /* comment'", eq('name', "it's -- not; a /* comment")],
  ["name = 'C:\\'", eq('name', 'C:\\')],
  ['rows = 9007199254740993', eq('rows', 9007199254740993n)],
  ['rows > -9223372036854775808', gt('rows', -(2n ** 63n))],
  ["start_time < timestamp '2024-01-01 00:00:00Z'", lt('start_time', '2024-01-01 00:00:00Z')],
  ["secs = 'NaN'::double precision", eq('secs', Number.NaN)],
  ["metadata ->> 'team' = 'core'", eq(jsonField('metadata', 'team'), 'core')],
  ["Upper(Name) = 'X'", eq(call('upper', 'name'), 'X')],
  ['"Step Name" = 1', eq('Step Name', 1)],
  ['"a""b" = 1', eq('a"b', 1)],
  ['coalesce(a, b, 0) > 1', gt(call('coalesce', 'a', 'b', literal(0)), 1)],
  ['isfinite(a)', eq(call('isFinite', 'a'), true)],
  ['a-5 > 1', gt(arithmetic(column('a'), '-', literal(5)), 1)],
  ['a - b - 1 = 0', eq(arithmetic(arithmetic(column('a'), '-', column('b')), '-', literal(1)), 0)],
  ['a + b * 2 = 0', eq(arithmetic(column('a'), '+', arithmetic(column('b'), '*', literal(2))), 0)],
  ['-a % 2 = 1', eq(arithmetic(arithmetic(literal(-1), '*', column('a')), '%', literal(2)), 1)],
])('%s is parsed', (text, predicate) => {
  expect(parsePredicate(text)).toEqual(predicate)
})

test('CASE is parsed to nested branches', () => {
  const chosen = (when: Predicate, value: number, otherwise: Expression): Expression => {
    const then = literal(value)
    return { kind: 'case', when, then, else: otherwise }
  }
  expect(parsePredicate('CASE WHEN a > 1 THEN 1 WHEN b THEN 2 END = 2')).toEqual(
    eq(chosen(gt('a', 1), 1, chosen(eq('b', true), 2, literal(null))), 2),
  )
  expect(parsePredicate("CASE a WHEN 'x' THEN 1 ELSE 2 END = 2")).toEqual(eq(chosen(eq('a', 'x'), 1, literal(2)), 2))
})

test('IS TRUE and similar tests are never unknown', () => {
  const columns: ColumnDefinition[] = [{ name: 'a', type: 'boolean', nullable: true }]
  const batch = batchFromRows(columns, [{ a: true }, { a: false }, { a: null }])
  const truths = (text: string) => [...evaluatePredicate(parsePredicate(text), batch)]
  expect(truths('a IS TRUE')).toEqual([1, 0, 0])
  expect(truths('a IS NOT TRUE')).toEqual([0, 1, 1])
  expect(truths('a IS FALSE')).toEqual([0, 1, 0])
  expect(truths('a IS NOT FALSE')).toEqual([1, 0, 1])
})

test.each([
  ['a IN (SELECT 1)', 7],
  ['exists(select 1)', 1],
  ['sleep(10) = 1', 1],
  ['count(*) > 1', 1],
  ['lower(a) OVER () = 1', 1],
  ['round(a, 2) = 1', 1],
  ['coalesce() = 1', 1],
  ["a::text = 'x'", 1],
  ['cast(a as integer) = 1', 1],
  ['a = 1; DROP TABLE logs', 6],
  ['a = 1 -- comment', 7],
  ['a = 1 /* comment */', 7],
  ['a = $1', 5],
  ['a = ?', 5],
  ["a = E'\\x41'", 6],
  ["a = 'x\0y'", 7],
  ['t.a = 1', 1],
  ['a = current_timestamp', 5],
  ['a > b > c', 1],
  ['5', 1],
  ['NULL', 1],
  ['a || b = 1', 1],
  ['a = any(array[1])', 5],
  ['a in (b)', 7],
  ['a like b', 8],
  ["m -> 'a' ->> 'b' = 'x'", 1],
  ['a = 1e3', 6],
  ['a = 0x10', 6],
  ["a = 'x", 5],
  ['a = "x', 5],
  ['a = = 1', 5],
  ['a in ()', 7],
  ['a = 1)', 6],
  ['a = -1 )', 8],
  ['a\n= )', 5],
  ['a = 1 ORDER BY a', 7],
  ['select 1', 1],
  ['SELECT * FROM logs', 1],
])('%s is rejected with its position', (text, position) => {
  expect(errorOf(text)).toMatchObject({ code: 'CONFIGURATION', committed: 'no', context: { position } })
})

test.each([[''], ['  \n'], ['a ='], ['(a = 1'], ['case when a'], ['not']])('%j is rejected', (text) => {
  expect(errorOf(text)).toMatchObject({ code: 'CONFIGURATION' })
})

test('the error names all unknown columns', () => {
  const error = errorOf("a = 1 AND b = 2 AND metadata ->> 'k' = c", ['a', 'metadata'])
  expect(error).toMatchObject({ code: 'CONFIGURATION', context: { missing: ['b', 'c'] } })
  expect(parsePredicate('A = 1', { columns: ['a'] })).toEqual(eq('a', 1))
})

test('text that is designed to be slow is rejected before parsing, or parsed in time', () => {
  const deep = (open: string, core: string, close: string, depth: number) =>
    open.repeat(depth) + core + close.repeat(depth)
  const hostile = [
    deep('(', 'a = 1', ')', 100_000),
    deep('(', 'a = 1', ')', 40_000),
    deep('not (', 'a', ')', 2000),
    deep('case when a then ', '1', ' else 2 end', 2000),
    deep('abs(', 'a', ')', 400),
    `a in (${'1,'.repeat(1_000_000)}1)`,
    `a in (${'1,'.repeat(30_000)}1)`,
    `a = '${'x'.repeat(50_000_000)}'`,
    "'".repeat(99_999),
    '('.repeat(99_999),
    'not '.repeat(20_000),
  ]
  for (const text of hostile) {
    expect(errorOf(text)).toMatchObject({ code: 'CONFIGURATION' })
  }
  expect(() => parsePredicate(`${'not '.repeat(2400)}a`)).not.toThrow()
  expect(() => parsePredicate(`a in (${'1,'.repeat(1200)}1)`)).not.toThrow()
  expect(() => parsePredicate(deep('(', 'a = 1', ')', 50))).not.toThrow()
})

const names = fc.constantFrom('a', 'order', 'Step Name', 'q"uote', 'date', 'ü')
const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'))
const number = fc.oneof(fc.integer(), fc.double(), fc.bigInt({ min: 2n ** 60n, max: 2n ** 64n }))
const { value, condition } = fc.letrec<{ value: Expression; condition: Predicate }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    names.map(column),
    fc.oneof(text, number, fc.boolean(), fc.constant(null)).map(literal),
    fc.tuple(names, text).map(([name, key]) => jsonField(name, key)),
    fc
      .tuple(tie('value'), fc.constantFrom('+', '-', '*', '/', '%'), tie('value'))
      .map(([left, operator, right]) => arithmetic(left, operator, right)),
    fc.tuple(fc.constantFrom('lower', 'abs', 'isFinite'), tie('value')).map(([name, arg]) => call(name, arg)),
    fc.array(tie('value'), { minLength: 1, maxLength: 3 }).map((args) => call('coalesce', ...args)),
    fc.tuple(tie('condition'), tie('value'), tie('value')).map(([when, then, otherwise]): Expression => {
      return { kind: 'case', when, then, else: otherwise }
    }),
  ),
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Predicate[]>({ op: 'true' }, { op: 'false' }),
    fc
      .tuple(fc.constantFrom('=', '!=', '<', '<=', '>', '>='), tie('value'), tie('value'))
      .map(([operator, left, right]): Predicate => ({ op: 'compare', operator, left, right })),
    fc
      .tuple(tie('value'), fc.array(fc.oneof(text, number), { minLength: 1 }))
      .map(([left, list]): Predicate => isIn(left, list)),
    fc.tuple(tie('value'), tie('value'), tie('value')).map(([left, low, high]) => between(left, low, high)),
    tie('value').map(isNull),
    fc
      .tuple(tie('value'), text, fc.boolean())
      .map(([left, pattern, ignoreCase]) => like(left, pattern, { ignoreCase })),
    fc.tuple(tie('value'), text).map(([left, pattern]) => matches(left, pattern)),
    tie('condition').map(not),
    fc.array(tie('condition'), { maxLength: 4 }).map((args) => and(...args)),
    fc.array(tie('condition'), { maxLength: 4 }).map((args) => or(...args)),
  ),
}))

test('the description of a predicate is parsed as the same predicate', { tags: 'many-cases' }, () => {
  fc.assert(
    fc.property(fc.oneof(condition, value.map(isNull)), (predicate) => {
      const described = describePredicate(predicate)
      fc.pre(described.length < 5000)
      expect(describePredicate(parsePredicate(described))).toBe(described)
    }),
    { numRuns: 1000 },
  )
})

function errorOf(text: string, columns?: string[]): unknown {
  try {
    parsePredicate(text, columns && { columns })
  } catch (error) {
    expect(isWriterError(error)).toBe(true)
    return error
  }
  throw new Error('understood')
}
