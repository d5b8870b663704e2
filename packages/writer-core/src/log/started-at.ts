import { and, call, column, isNotNull, lte, not } from '../predicate/build.ts'
import type { Expression, Predicate } from '../predicate/predicate.ts'
import type { ColumnDefinition } from './column-definition.ts'

/** How far the clocks of machines may be apart: what lies further ahead is a time that nobody can have seen. */
export const MAX_CLOCK_SKEW_MS = 300_000

/** By which a row says when it happened, the nearest first: its own start, its run's, its end, and when it was recorded. */
const TIME_COLUMNS = ['start_time', 'run_started_at', 'end_time', 'created_at']

/** The columns of a table that say when a row happened, as times; others' tables may lack some, or keep them as text. */
export function timeColumns(columns: readonly ColumnDefinition[]): readonly string[] {
  return TIME_COLUMNS.filter((time) => columns.some(({ name, type }) => name === time && type === 'timestamp'))
}

/** Takes rows whose time has come, clocks that are a little fast included; rows without the time are not taken. */
export function hasCome(time: string, now: Date): Predicate {
  return lte(time, new Date(now.getTime() + MAX_CLOCK_SKEW_MS))
}

/** Takes rows whose time has not come. */
export function isInFuture(time: string, now: Date): Predicate {
  return and(isNotNull(time), not(hasCome(time, now)))
}

/** Returns when a row happened by the first of its times that has come; undefined when the table has no times. A row without one has none. */
export function startedAtBy(columns: readonly ColumnDefinition[], now: Date): Expression | undefined {
  const times = timeColumns(columns).map((time): Expression => {
    // biome-ignore lint/suspicious/noThenProperty: it is a part of the expression, which nothing awaits
    return { kind: 'case', when: hasCome(time, now), then: column(time), else: { kind: 'literal', value: null } }
  })
  return times.length === 0 ? undefined : call('coalesce', ...times)
}
