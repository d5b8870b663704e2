import type { seededRandom } from '@forge/fixtures'
import {
  type AggregateQuery,
  and,
  type ColumnDefinition,
  call,
  column,
  type Expression,
  eq,
  type GroupKey,
  gt,
  isNotNull,
  isNull,
  jsonField,
  literal,
  lt,
  type Measure,
  not,
  or,
  type Predicate,
  type Row,
} from '@forge/writer-core'

/** The columns of the rows. */
export const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'small', type: 'int32', nullable: true },
  { name: 'secs', type: 'double', nullable: true },
  { name: 'share', type: 'float', nullable: true },
  { name: 'name', type: 'string', nullable: true },
  { name: 'ok', type: 'boolean', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'due', type: 'date', nullable: true },
  { name: 'price', type: 'decimal(12,2)', nullable: true },
  { name: 'facts', type: 'json', nullable: true },
]
const ROWS = 400
/** Zones whose clocks change at noon, at midnight (which then is skipped or occurs twice), by half an hour and by a day. */
const ZONES = [
  'UTC',
  'America/New_York',
  'America/Havana',
  'America/Sao_Paulo',
  'Atlantic/Azores',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
]
const CHANGES = [
  '2023-03-12T07:00:00Z',
  '2023-11-05T05:00:00Z',
  '2023-03-12T05:00:00Z',
  '2017-10-15T03:00:00Z',
  '2018-02-18T02:00:00Z',
  '2023-10-29T01:00:00Z',
  '2023-04-27T22:00:00Z',
  '2023-04-01T15:00:00Z',
  '2011-12-30T10:00:00Z',
].map((text) => Date.parse(text))
const TEXTS = ['', 'a', 'A', 'b%', 'é', '𝄞', '\uFFFD', 'a b', "it's", 'back\\slash']
const NUMBERS = [0, -0, 0.1, 1.5, -2.25, 1e15, -1e15, 3, 7, 1e-300]
const ODD_NUMBERS = [...NUMBERS, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.7e308, -1.7e308]
/** JSON that the server prints as core does. */
const FACTS = [
  '{"k":"x"}',
  '{"k":"y","other":1}',
  '{"k":12}',
  '{"k":true}',
  '{"k":null}',
  '{"other":"k"}',
  '{"other":{"k":"inner"}}',
  '{ "k" : "spaced" }',
  '{"k":"esc\\"aped\\n"}',
  '{"\\u006b":"escaped key"}',
  '{"k":"first","k":"second"}',
  '{"k":["a","b c"]}',
  '[1,2]',
  '"k"',
]
const ODD_FACTS = [...FACTS, '{"k":1.50}', '{"k":[1, 2]}', '{"k":{"a": "b"}}', '{"k":-0}', '{"k":1e3}']

type Random = ReturnType<typeof seededRandom>
const below = (random: Random, limit: number) => Math.floor(random() * limit)
const pick = <Item>(random: Random, items: readonly Item[]): Item => items[below(random, items.length)] as Item

/** Returns rows; odd ones have values for which the server fails, or prints another text. */
export function randomRows(random: Random, isOdd: boolean): Row[] {
  const orNull = <Value>(value: Value) => (below(random, 6) === 0 ? null : value)
  return Array.from({ length: ROWS }, (_none, id) => ({
    id,
    small: orNull(below(random, 20) - 10),
    secs: orNull(pick(random, isOdd ? ODD_NUMBERS : NUMBERS)),
    share: orNull(pick(random, [0, 0.5, 0.1, -3])),
    name: orNull(pick(random, TEXTS)),
    ok: orNull(below(random, 2) === 0),
    at: orNull(new Date(pick(random, CHANGES) + (below(random, 240) - 120) * 1_799_999).toISOString()),
    due: orNull(new Date(pick(random, CHANGES)).toISOString().slice(0, 10)),
    price: orNull((below(random, 2000) / 100).toFixed(2)),
    facts: orNull(pick(random, isOdd ? ODD_FACTS : FACTS)),
  }))
}

const choose = (when: Predicate, chosen: Expression, otherwise: Expression): Expression => {
  // biome-ignore lint/suspicious/noThenProperty: a case of an expression, which nothing awaits
  return { kind: 'case', when, then: chosen, else: otherwise }
}
const calculate = (operator: '+' | '-' | '*' | '/', left: Expression, right: Expression): Expression => ({
  kind: 'arithmetic',
  operator,
  left,
  right,
})

function randomNumber(random: Random, depth = 2): Expression {
  const inner = () => randomNumber(random, depth - 1)
  if (depth === 0) return pick(random, [column('small'), column('secs'), column('share'), literal(2), literal(0.5)])
  return pick(random, [
    () => column('id'),
    () => column('secs'),
    () => call('coalesce', inner(), literal(0)),
    () => choose(randomCondition(random), inner(), inner()),
    () => calculate(pick(random, ['+', '-', '*', '/'] as const), inner(), inner()),
    () => call(pick(random, ['floor', 'ceil'] as const), calculate('*', inner(), literal(1))),
    () => call('abs', inner()),
    () => call('length', column('name')),
  ])()
}

function randomText(random: Random): Expression {
  return pick(random, [
    () => column('name'),
    () => jsonField('facts', 'k'),
    () => call('coalesce', jsonField('facts', 'k'), column('name'), literal('none')),
    () => choose(randomCondition(random), column('name'), literal('other')),
  ])()
}

function randomCondition(random: Random): Predicate {
  return pick(random, [
    () => eq('ok', true),
    () => isNull(jsonField('facts', 'k')),
    () => eq(jsonField('facts', 'k'), pick(random, ['x', '12', 'true', 'first'])),
    () => not(eq(call('coalesce', column('name'), literal('')), pick(random, TEXTS))),
    () => gt('secs', 0),
    () => lt('at', literal(new Date('2020-01-01'))),
    () => eq(call('isFinite', column('secs')), true),
    () => and(isNotNull('at'), or(eq('name', 'a'), gt('small', -3))),
  ])()
}

function randomKey(random: Random, as: string): GroupKey {
  const timeZone = pick(random, ZONES)
  return pick<() => GroupKey>(random, [
    () => ({ as, bucket: pick(random, ['hour', 'day', 'week', 'month'] as const), of: 'at', timeZone }),
    () => ({ as, part: pick(random, ['hourOfDay', 'dayOfWeek', 'dayOfMonth'] as const), of: 'at', timeZone }),
    () => ({ as, by: randomText(random) }),
    () => ({ as, by: column(pick(random, ['ok', 'small', 'at', 'due', 'secs'])) }),
    () => ({ as, by: choose(randomCondition(random), literal(true), literal(false)) }),
  ])()
}

function randomMeasure(random: Random, as: string): Measure {
  const where = below(random, 3) === 0 ? { where: randomCondition(random) } : {}
  const any = () =>
    pick<() => Expression>(random, [() => randomNumber(random), () => randomText(random), () => column('at')])()
  return pick<() => Measure>(random, [
    () => ({ as, fn: 'count', ...where }),
    () => ({ as, fn: 'count', of: any(), ...where }),
    () => ({ as, fn: 'countDistinct', of: [column('name'), column('small')], ...where }),
    () => ({ as, fn: 'countDistinct', of: randomText(random), ...where }),
    () => ({ as, fn: pick(random, ['sum', 'avg'] as const), of: randomNumber(random), ...where }),
    () => ({
      as,
      fn: pick(random, ['min', 'max'] as const),
      of: pick(random, [any(), column('due'), column('ok')]),
      ...where,
    }),
    () => ({ as, fn: pick(random, ['any', 'all'] as const), of: column('ok'), ...where }),
    () => ({ as, fn: 'quantile', of: column('secs'), q: pick(random, [0, 0.1, 0.5, 0.95, 1]), ...where }),
    () => ({ as, fn: pick(random, ['argMin', 'argMax'] as const), of: any(), by: column('id'), ...where }),
  ])()
}

/** Returns a query that the server can compute. */
export function randomQuery(random: Random): AggregateQuery {
  const keys = Array.from({ length: below(random, 3) }, (_none, at) => randomKey(random, `key ${at}`))
  const measures = Array.from({ length: 1 + below(random, 4) }, (_none, at) => randomMeasure(random, `figure ${at}`))
  const query: AggregateQuery = {
    groupBy: keys,
    measures,
    ...(below(random, 2) === 0 && { where: randomCondition(random) }),
  }
  if (below(random, 3) > 0) {
    const orderBy = keys.map(({ as }) => ({
      column: as,
      descending: below(random, 2) === 0,
      nulls: pick(random, ['first', 'last'] as const),
    }))
    return { ...query, orderBy, ...(below(random, 2) === 0 && { limit: 7 }) }
  }
  return {
    from: {
      ...query,
      measures: [...measures, { as: 'rows', fn: 'count' }, { as: 'last', fn: 'max', of: column('at') }],
    },
    where: gt('rows', 1),
    groupBy: [{ as: 'day', bucket: 'day', of: 'last', timeZone: pick(random, ZONES) }],
    measures: [
      { as: 'groups', fn: 'count' },
      { as: 'sum', fn: 'sum', of: column('rows') },
      { as: 'middle', fn: 'quantile', of: column('rows'), q: 0.5 },
    ],
  }
}
