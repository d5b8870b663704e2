import type { LogBatch } from '../batch/log-batch.ts'
import { batchFromRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { and, between, eq, gt, gte, isIn, isNull, like, lt, lte, ne, not, or } from '../predicate/build.ts'
import type { Predicate } from '../predicate/predicate.ts'
import type { Random } from './seeded-random.ts'
import { COLUMNS } from './storage-under-test.ts'

const NAMES = ['a', 'b', '', null, 'ü', '\uffee', '🎉', '\ufeff', 'a%', '\0'] as const
const SECS = [null, -1, -0, 0, 0.5, 2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const
const TIMES = [
  null,
  '0001-01-01T00:00:00Z',
  '1969-12-31T23:59:59.999999Z',
  '2024-01-01T00:00:00Z',
  '2024-01-01T00:00:00.000001Z',
] as const

/** Returns random rows with many repeated values, and with text in the `extra` columns. */
export function randomRows(random: Random, count: number, extra: readonly string[] = []): LogBatch {
  const more = extra.map((name): ColumnDefinition => ({ name, type: 'string', nullable: true }))
  const rows = Array.from({ length: count }, () => ({
    id: random.below(12),
    name: random.pick(NAMES),
    secs: random.pick(SECS),
    ok: random.pick([true, false, null]),
    at: random.pick(TIMES),
    created_at: random.pick(TIMES),
    ...Object.fromEntries(extra.map((name) => [name, random.pick(NAMES)])),
  }))
  return batchFromRows([...COLUMNS, ...more], rows)
}

export function randomPredicate(random: Random, depth: number): Predicate {
  const compare = () => random.pick([eq, ne, lt, lte, gt, gte])
  const leaves: (() => Predicate)[] = [
    () => compare()('id', random.below(13)),
    () => compare()('id', random.pick([3.5, Number.NaN, 2n ** 60n, -(2n ** 60n)])),
    () => compare()('secs', random.pick(SECS)),
    () => compare()('name', random.pick(NAMES)),
    () => compare()('at', random.pick(['2024-01-01', '1970-01-01', '2024-01-01T00:00:00.000001Z'])),
    () => eq('ok', random.pick([true, false])),
    () => isNull(random.pick(['name', 'secs', 'ok', 'at'])),
    () => isIn('name', [random.pick(NAMES), random.pick(NAMES)]),
    () => isIn('secs', [random.pick(SECS), random.pick(SECS)]),
    () => between('id', random.below(6), 6 + random.below(6)),
    () => like('name', random.pick(['a%', '%', '_', 'a\\%'])),
  ]
  const inner = () => randomPredicate(random, depth - 1)
  const branches = depth > 0 ? [() => and(inner(), inner()), () => or(inner(), inner()), () => not(inner())] : []
  return random.pick([...leaves, ...branches, ...branches])()
}
