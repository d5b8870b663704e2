import {
  and,
  between,
  type ColumnDefinition,
  call,
  column,
  type Expression,
  eq,
  isIn,
  isNull,
  jsonField,
  type Literal,
  like,
  literal,
  matches,
  not,
  or,
  type Predicate,
} from '@forge/writer-core'
import fc from 'fast-check'

export const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'name', type: 'string', nullable: true },
  { name: 'word', type: 'string', nullable: true },
  { name: 'rows', type: 'int64', nullable: true },
  { name: 'small', type: 'int32', nullable: true },
  { name: 'secs', type: 'double', nullable: true },
  { name: 'share', type: 'double', nullable: true },
  { name: 'ok', type: 'boolean', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'day', type: 'date', nullable: true },
  { name: 'extra', type: 'json', nullable: true },
]

const TEXTS = [
  '',
  'a',
  'A',
  'ab',
  'aB',
  'a%b',
  'a_b',
  'a\\b',
  'é',
  'É',
  'ß',
  'İ',
  'ΑΣ',
  'ᾳ',
  'ǆ',
  '\uffff',
  '🎉',
  '🎉a',
]
const MORE_TEXTS = [
  ' pad ',
  '\u00a0a\u3000',
  '\ta\n',
  'a\nb',
  'a\0b',
  "it's",
  '"',
  'Straße',
  '日本',
  '\ud7ff',
  'nan',
  '12',
]
const text = fc.oneof(
  fc.constantFrom(...TEXTS, ...MORE_TEXTS),
  fc.string({ unit: fc.constantFrom('a', 'b', 'A', '%', '_', 'é', '🎉', ' '), maxLength: 5 }),
)

const WHOLES = [0n, 1n, -1n, 7n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, 1n - 2n ** 63n]
const whole = fc
  .oneof(fc.constantFrom(...WHOLES), fc.bigInt({ min: -5n, max: 5n }))
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value))

const DOUBLES = [0, -0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e300, 2 ** 53, -1e-7, 0.1, Number.NaN, Number.POSITIVE_INFINITY]
const double = fc.oneof(
  fc.constantFrom(...DOUBLES, Number.NEGATIVE_INFINITY),
  fc.integer({ min: -5, max: 5 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
)

const instant = fc
  .oneof(
    fc.date({ min: new Date('2024-01-01T00:00:00Z'), max: new Date('2024-01-03T00:00:00Z'), noInvalidDate: true }),
    fc.date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true }),
  )
  .map((date) => `${date.toISOString().slice(0, -1)}123Z`)
const day = instant.map((iso) => iso.slice(0, 10))

const json = fc.oneof(
  fc.constantFrom(
    '{"k": 1.0}',
    '{"k":1e5,"z":[1, 2.50,{"y":null}]}',
    '{"k":null}',
    '{"k":"a","k":"b"}',
    '{"\\u006b":"esc\\n\\u0001"}',
    '[{"k":1}]',
    '"k"',
    '{"0":true,"k/z~":"p"}',
    '{"k":["\\u001f","\\\\u001f","é"],"z":-0}',
    '{"k":123456789012345678901234567890,"z":12345678901234567890.5}',
    '{"z":{"k":1},"k":{"z":2}}',
  ),
  fc.json({ maxDepth: 2 }).filter((value) => !/\\ud/i.test(value)),
)

export const row = fc.record({
  name: fc.option(text),
  word: fc.option(fc.constantFrom('bronze', 'silver', 'gold', 'Gold', 'é')),
  rows: fc.option(whole),
  small: fc.option(fc.integer({ min: -3, max: 3 })),
  secs: fc.option(double),
  share: fc.option(fc.integer({ min: -800, max: 800 }).map((value) => value / 8)),
  ok: fc.option(fc.boolean()),
  at: fc.option(instant),
  day: fc.option(day),
  extra: fc.option(json),
})

const KEYS = ['k', 'z', '0', 'k/z~', '']

/** Expressions by the class of their values. */
export const expressions = fc.letrec<
  Record<'number' | 'text' | 'flag' | 'time', Expression> & { condition: Predicate }
>((tie) => ({
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    constant(fc.oneof<fc.Arbitrary<Literal>[]>(whole, double, fc.constant(null), fc.constant(2 ** 60))),
    fc.constantFrom('rows', 'small', 'secs', 'share').map(column),
    fc.record({
      kind: fc.constant('arithmetic' as const),
      operator: fc.constantFrom('+', '-', '*', '/', '%'),
      left: tie('number'),
      right: tie('number'),
    }),
    fc.tuple(fc.constantFrom('abs', 'round', 'floor', 'ceil'), tie('number')).map(([name, arg]) => call(name, arg)),
    tie('text').map((arg) => call('length', arg)),
    chosen(tie('condition'), tie('number')),
  ),
  text: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    constant(text),
    fc.constantFrom('name', 'word', 'extra').map(column),
    fc.constantFrom(...KEYS).map((key) => jsonField('extra', key)),
    fc.tuple(fc.constantFrom('lower', 'upper', 'trim'), tie('text')).map(([name, arg]) => call(name, arg)),
    chosen(tie('condition'), tie('text')),
  ),
  flag: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    constant(fc.boolean()),
    fc.constant(column('ok')),
    tie('number').map((arg) => call('isFinite', arg)),
    chosen(tie('condition'), tie('flag')),
  ),
  time: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    constant(fc.oneof<fc.Arbitrary<Literal>[]>(fc.constant(new Date('2024-01-01T12:00:00Z')), instant, day)),
    fc.constantFrom('at', 'day').map(column),
    chosen(tie('condition'), fc.constantFrom('at', 'day').map(column)),
  ),
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparisonOf(tie('number'), fc.oneof<fc.Arbitrary<Literal>[]>(whole, double)),
    comparisonOf(tie('text'), text),
    comparisonOf(tie('flag'), fc.boolean()),
    comparisonOf(timeWithColumn(tie('time')), fc.oneof(instant, day)),
    fc.tuple(tie('text'), text, fc.boolean()).map(([value, pattern, ignoreCase]) => {
      return like(value, pattern.endsWith('\\') ? `${pattern}%` : pattern, { ignoreCase })
    }),
    fc
      .tuple(tie('text'), fc.constantFrom('^a', 'b$', '(?i)AB', '.', '^.$', 'a|é', '\\d+', '[^a]', 'a.b', '\\pL', ''))
      .map(([value, pattern]) => matches(value, pattern)),
    fc.array(tie('condition'), { maxLength: 3 }).map((args) => and(...args)),
    fc.array(tie('condition'), { maxLength: 3 }).map((args) => or(...args)),
    tie('condition').map(not),
  ),
}))

function constant(value: fc.Arbitrary<Literal>): fc.Arbitrary<Expression> {
  return value.map(literal)
}

function chosen(condition: fc.Arbitrary<Predicate>, value: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  return fc.oneof(
    fc.array(value, { minLength: 1, maxLength: 3 }).map((args) => call('coalesce', ...args)),
    fc.tuple(condition, value, value).map(([when, then, otherwise]): Expression => {
      return { kind: 'case', when, then, else: otherwise }
    }),
  )
}

// Two texts are not compared as times: one of the two must be a column.
function timeWithColumn(time: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  return fc.tuple(time, fc.constantFrom('at', 'day')).map(([one, name]) => {
    return one.kind === 'literal' ? column(name) : one
  })
}

function comparisonOf(value: fc.Arbitrary<Expression>, item: fc.Arbitrary<Literal>): fc.Arbitrary<Predicate> {
  const operator = fc.constantFrom('=', '!=', '<', '<=', '>', '>=')
  return fc.oneof(
    fc.tuple(operator, value, value).map(([op, left, right]): Predicate => {
      return { op: 'compare', operator: op, left, right }
    }),
    fc.tuple(operator, value, item).map(([op, left, right]): Predicate => {
      return { op: 'compare', operator: op, left, right: literal(right) }
    }),
    fc.tuple(value, fc.array(fc.option(item), { maxLength: 4 })).map(([left, list]) => isIn(left, list)),
    fc.tuple(value, value, item).map(([left, low, high]) => between(left, low, high)),
    value.map(isNull),
    value.map((left) => eq(left, literal(null))),
  )
}
