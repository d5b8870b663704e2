import {
  and,
  column,
  endExpression,
  gt,
  gte,
  isIn,
  isNull,
  literal,
  lt,
  lte,
  or,
  type Predicate,
} from '@forge/writer-core'
import type { LogReading } from '../reading/log-reading.ts'
import type { Period } from '../reading/period.ts'

/** A list of values in a condition stays short enough for every engine. */
const MAX_RUNS = 5000
/** The lengths by which rows without an end are chosen: a condition cannot add a duration to a time. */
export const LENGTHS_SECS = [3600, 86_400, 7 * 86_400, 366 * 86_400] as const

/** The rows of runs in a period. */
export interface RunsInPeriod {
  readonly chosen: Predicate
  readonly period: Period
  /** True for runs that reach into the period, too. */
  readonly overlapping: boolean
}

/**
 * Returns a condition that matches all rows of the runs in a period, and of few other runs, so that a query for one night does not group the runs of
 * the whole log. It matches every row if more than 5,000 runs are near the period.
 */
export async function runsNear(
  { reader, columns, startedAt, runStartedAt }: LogReading,
  { chosen, period, overlapping }: RunsInPeriod,
): Promise<Predicate> {
  const { from, to } = period
  if (from === null) return and()
  const end = endExpression(columns)
  const startsWithin = and(gte(runStartedAt, literal(from)), ...(to ? [lt(runStartedAt, literal(to))] : []))
  const reachesIn = or(
    ...(end ? [gt(end, literal(from))] : []),
    and(...(end ? [isNull(end)] : []), or(isNull(startedAt), mayEndAfter(from, startedAt))),
  )
  const rows = await reader.aggregate({
    where: and(chosen, overlapping ? or(startsWithin, reachesIn) : startsWithin),
    groupBy: [{ as: 'run', by: column('run_id') }],
    measures: [],
    limit: MAX_RUNS + 1,
  })
  return rows.length > MAX_RUNS
    ? and()
    : isIn(
        'run_id',
        rows.flatMap(({ run }) => (typeof run === 'string' ? run : [])),
      )
}

/** Matches rows that end after an instant if they took as long as their duration says. */
function mayEndAfter(at: Date, startedAt: LogReading['startedAt']): Predicate {
  const duration = column('duration_secs')
  const longest = LENGTHS_SECS[LENGTHS_SECS.length - 1] ?? 0
  return or(
    gt(duration, longest),
    ...LENGTHS_SECS.map((secs) =>
      and(lte(duration, secs), gte(startedAt, literal(new Date(at.getTime() - secs * 1000)))),
    ),
  )
}
