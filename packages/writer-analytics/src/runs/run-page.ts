import {
  type AggregateRow,
  and,
  column,
  eq,
  gt,
  isIn,
  isNotNull,
  isNull,
  literal,
  lt,
  not,
  or,
  type Predicate,
} from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import { COUNTED_ROWS, type JudgedRows } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { MAX_LISTED, RUN_KEYS, runKey } from '../reading/run-keys.ts'
import { isFailedRun, isUnknownRun, outcomeMeasures } from '../summary/run-figures.ts'

/** The outcome of a run. */
export type RunOutcome = 'succeeded' | 'failed' | 'unknown'

/** The place of a run in the order of runs: the newest first, then by id. */
export interface RunPlace {
  readonly runId: string
  readonly pipeline: string
  /** The earliest start of the run that a row names. ISO 8601, UTC; null if no row has a time. */
  readonly startedAt: string | null
}

/** A run with its outcome. */
export interface JudgedPlace extends RunPlace {
  readonly outcome: RunOutcome
  /** The number of its rows; undefined if they were not counted. */
  readonly rows?: number | undefined
}

export interface RunPageQuery {
  readonly outcomes?: readonly RunOutcome[] | undefined
  /** A condition on the columns `pipeline`, `run` and `started`. */
  readonly where?: Predicate | undefined
  /** The last run of the page before. */
  readonly after?: RunPlace | undefined
  readonly limit: number
}

/** Reads runs in the order of {@link RunPlace}, at most `limit`. The storage computes, orders and limits them. */
export async function readRunPage(
  reading: LogReading,
  judged: JudgedRows,
  query: RunPageQuery,
): Promise<JudgedPlace[]> {
  // Judging attempts costs several times as much as ordering runs, so only the runs of the page are judged.
  if (query.outcomes || !judged.rows.from) return readJudgedPage(reading, judged, query)
  const places = await readPlaces(reading, judged, query)
  const outcomes = new Map<string, RunOutcome>()
  for (let from = 0; from < places.length; from += MAX_LISTED) {
    const some = places.slice(from, from + MAX_LISTED)
    const isHere = and(
      isIn('run_id', [...new Set(some.map(({ runId }) => runId))]),
      isIn('pipeline_id', [...new Set(some.map(({ pipeline }) => pipeline))]),
    )
    const page = await readJudgedPage(reading, judged.within(isHere), { limit: 4 * MAX_LISTED })
    for (const place of page) outcomes.set(runKey(place), place.outcome)
  }
  const page = places.flatMap((place): JudgedPlace[] => {
    const outcome = outcomes.get(runKey(place))
    return outcome ? [{ ...place, outcome }] : []
  })
  // If most pipelines use the same ids, the limit may have cut off some runs.
  return page.length === places.length ? page : readJudgedPage(reading, judged, query)
}

/** Reads runs without their outcomes. */
async function readPlaces(
  { reader, runStartedAt }: LogReading,
  { chosen }: JudgedRows,
  { where, after, limit }: RunPageQuery,
): Promise<Omit<JudgedPlace, 'outcome'>[]> {
  const rows = await reader.aggregate({
    from: {
      where: chosen,
      groupBy: RUN_KEYS,
      measures: [
        { as: 'started', fn: 'min', of: runStartedAt },
        { as: COUNTED_ROWS, fn: 'count' },
      ],
    },
    where: and(...(where ? [where] : []), ...(after ? [comesAfter(after)] : [])),
    groupBy: ['pipeline', 'run', 'started', COUNTED_ROWS].map((name) => ({ as: name, by: column(name) })),
    measures: [],
    orderBy: ORDER,
    limit,
  })
  return rows.map(({ pipeline, run, started, [COUNTED_ROWS]: count }) => ({
    runId: String(run),
    pipeline: String(pipeline),
    startedAt: textOrNull(started),
    rows: Number(count),
  }))
}

async function readJudgedPage(
  reading: LogReading,
  judged: JudgedRows,
  { outcomes, where, after, limit }: RunPageQuery,
): Promise<JudgedPlace[]> {
  const rows = await reading.reader.aggregate({
    from: runsOf(judged),
    where: and(
      ...(where ? [where] : []),
      ...(outcomes ? [hasOutcome(outcomes, judged)] : []),
      ...(after ? [comesAfter(after)] : []),
    ),
    groupBy: [...KEPT, ...(judged.isUnknown ? ['unknownRows'] : [])].map((name) => ({ as: name, by: column(name) })),
    measures: [],
    orderBy: ORDER,
    limit,
  })
  return rows.map(placeOf)
}

const ORDER = [{ column: 'started', descending: true }, { column: 'run' }, { column: 'pipeline' }]

const KEPT = ['pipeline', 'run', 'started', 'stepsOk', 'rowsOk', COUNTED_ROWS]

/** Returns the query for all runs, one row each. */
export function runsOf({ rows, runStartedAt, counted, ...judged }: JudgedRows) {
  return {
    ...rows,
    groupBy: RUN_KEYS,
    measures: [{ as: 'started', fn: 'min', of: runStartedAt }, counted, ...outcomeMeasures(judged)],
  } as const
}

/** Matches runs of {@link runsOf} with one of the outcomes. */
export function hasOutcome(outcomes: readonly RunOutcome[], { isUnknown }: Pick<JudgedRows, 'isUnknown'>): Predicate {
  const isUnknownHere = isUnknown ? isUnknownRun : or()
  const conditions: Readonly<Record<RunOutcome, Predicate>> = {
    failed: isFailedRun,
    unknown: isUnknownHere,
    succeeded: and(not(isFailedRun), ...(isUnknown ? [not(isUnknownRun)] : [])),
  }
  return or(...outcomes.map((outcome) => conditions[outcome]))
}

/** Times as text keep their microseconds. */
function comesAfter({ startedAt, runId, pipeline }: RunPlace): Predicate {
  const byId = or(gt('run', runId), and(eq('run', runId), gt('pipeline', pipeline)))
  if (startedAt === null) return and(isNull('started'), byId)
  const start = literal(startedAt)
  return or(isNull('started'), and(isNotNull('started'), or(lt('started', start), and(eq('started', start), byId))))
}

function placeOf(row: AggregateRow): JudgedPlace {
  const ok = row.stepsOk ?? row.rowsOk
  return {
    runId: String(row.run),
    pipeline: String(row.pipeline),
    startedAt: textOrNull(row.started),
    outcome: ok === false ? 'failed' : Number(row.unknownRows ?? 0) > 0 ? 'unknown' : 'succeeded',
    rows: Number(row[COUNTED_ROWS] ?? 0),
  }
}
