import {
  type AggregateRow,
  and,
  column,
  eq,
  gt,
  gte,
  isIn,
  literal,
  lt,
  lte,
  or,
  type Predicate,
  WriterPerformanceError,
} from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { RUN_KEYS } from '../reading/run-keys.ts'
import { runTimesOf, timeMeasures } from './run-times.ts'
import { LENGTHS_SECS } from './runs-near.ts'

const MAX_RUNS = 5000

/**
 * Returns the condition of the runs that started before an instant and ended after it, on the columns `pipeline` and `run`. Throws
 * WriterPerformanceError for more than 5,000 candidates.
 */
export async function straddlingRuns(reading: LogReading, chosen: Predicate, at: Date): Promise<Predicate> {
  const measures = timeMeasures(reading)
  const rows = await reading.reader.aggregate({
    from: { where: chosen, groupBy: RUN_KEYS, measures },
    where: and(lt('started', literal(at)), or(gt('ended', literal(at)), mayBeOpen(at))),
    groupBy: ['run', 'pipeline', ...measures.map(({ as }) => as)].map((name) => ({ as: name, by: column(name) })),
    measures: [],
    limit: MAX_RUNS + 1,
  })
  if (rows.length > MAX_RUNS) {
    throw new WriterPerformanceError(`more than ${MAX_RUNS} runs reach into the period`, {
      context: { maxRuns: MAX_RUNS },
      suggestions: ['Choose fewer pipelines, or another period.'],
    })
  }
  const byPipeline = new Map<string, string[]>()
  for (const row of rows) {
    if (!endsAfter(row, at)) continue
    const own = byPipeline.get(String(row.pipeline)) ?? []
    own.push(String(row.run))
    byPipeline.set(String(row.pipeline), own)
  }
  return or(...[...byPipeline].map(([pipeline, ids]) => and(eq('pipeline', pipeline), isIn('run', ids))))
}

function mayBeOpen(at: Date): Predicate {
  const longest = LENGTHS_SECS[LENGTHS_SECS.length - 1] ?? 0
  return or(
    gt('longestOpen', longest),
    ...LENGTHS_SECS.map((secs) =>
      and(
        gt('longestOpen', 0),
        lte('longestOpen', secs),
        gte('lastOpenStart', literal(new Date(at.getTime() - secs * 1000))),
      ),
    ),
  )
}

function endsAfter(row: AggregateRow, at: Date): boolean {
  const startedAt = textOrNull(row.started)
  return startedAt !== null && Date.parse(runTimesOf(row, startedAt).endedAt) > at.getTime()
}
