import type { ColumnDefinition } from '../column/column-definition.ts'
import { findColumn } from '../column/column-names.ts'
import { and, call, column, isNotNull, lte, not } from '../predicate/build.ts'
import type { Expression, Predicate } from '../predicate/predicate.ts'

/** The maximum clock difference between machines, in milliseconds: a time further in the future is invalid. */
const MAX_CLOCK_SKEW_MS = 300_000

/** The columns that say when a row happened, in order of preference: its own start, the start of its run, its end, and when it was recorded. */
const TIME_COLUMNS = ['start_time', 'run_started_at', 'end_time', 'created_at']

/** Returns the columns of a table that say when a row happened, as timestamps; tables of other writers may lack some, or store them as text. */
export function timeColumns(columns: readonly ColumnDefinition[]): readonly string[] {
  return TIME_COLUMNS.filter((time) => findColumn(time, columns)?.type === 'timestamp')
}

/** Matches rows whose time is not in the future; a small clock difference is allowed. */
export function hasCome(time: string, now: Date): Predicate {
  return lte(time, new Date(now.getTime() + MAX_CLOCK_SKEW_MS))
}

/** Matches rows whose time is in the future. */
export function isInFuture(time: string, now: Date): Predicate {
  return and(isNotNull(time), not(hasCome(time, now)))
}

/** Returns the first time of a row that is not in the future, or null; undefined if the table has no time columns. */
export function startedAtBy(columns: readonly ColumnDefinition[], now: Date): Expression | undefined {
  const times = timeColumns(columns).map((time): Expression => {
    // biome-ignore lint/suspicious/noThenProperty: this is a field of the expression, which is never awaited
    return { kind: 'case', when: hasCome(time, now), then: column(time), else: { kind: 'literal', value: null } }
  })
  return times.length === 0 ? undefined : call('coalesce', ...times)
}
