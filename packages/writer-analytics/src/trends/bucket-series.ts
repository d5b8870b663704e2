import {
  type AggregateRow,
  and,
  column,
  type GroupKey,
  type Predicate,
  WriterConfigurationError,
} from '@forge/writer-core'
import type { Judged, JudgedRows } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { type CountedSteps, isStep } from '../reading/step-rows.ts'
import { type RunFigures, runFiguresOf, runMeasures, unknownRows } from '../summary/run-figures.ts'
import { quantileMeasures, type StepFigures, stepFiguresOf, stepMeasures } from '../summary/step-figures.ts'
import type { TrendSettings } from './trend.ts'

/** The figures of what started in one bucket of time; empty buckets are left out. */
export interface Bucket extends StepFigures, RunFigures {
  /** The start of the bucket. ISO 8601, UTC. */
  readonly at: string
}

/** The slopes between all pairs of buckets are held in memory, so there are at most 2,500 of them. */
export const BUCKET_LIMIT = 2501

interface Question {
  readonly where: Predicate
  readonly counted: CountedSteps
  readonly judged: Judged
  readonly settings: TrendSettings
}

/** Reads all buckets in order of time. Throws WriterConfigurationError if there are more than 2,500. */
export async function bucketSeries(
  reading: LogReading,
  { where, counted, judged, settings }: Question,
): Promise<Bucket[]> {
  const steps = await reading.reader.aggregate({
    where: and(isStep, where),
    groupBy: [bucketKey(reading, settings)],
    measures: [...stepMeasures(counted), ...quantileMeasures(counted, false)],
    orderBy: [{ column: 'at' }],
    limit: BUCKET_LIMIT,
  })
  assertFewBuckets(steps, settings)
  const runs = new Map<string, AggregateRow>()
  for (const row of await runSeries(reading, judged.steps, settings)) runs.set(String(row.at), row)
  const times = new Set([...steps.map(({ at }) => String(at)), ...runs.keys()])
  const stepsAt = new Map(steps.map((row) => [String(row.at), row]))
  return [...times].sort().map((at) => ({
    at,
    ...runFiguresOf(runs.get(at) ?? {}),
    ...stepFiguresOf(stepsAt.get(at) ?? {}),
  }))
}

/** Returns the time bucket in which a row started, as `at`. */
export function bucketKey({ startedAt }: LogReading, { bucket, timeZone }: TrendSettings): GroupKey {
  return { as: 'at', bucket, of: startedAt, timeZone }
}

/** Reads the runs by the bucket in which their first step started. */
function runSeries(
  { reader }: LogReading,
  { rows, ok, isUnknown, startedAt }: JudgedRows,
  { bucket, timeZone }: TrendSettings,
): Promise<AggregateRow[]> {
  return reader.aggregate({
    from: {
      ...rows,
      groupBy: [{ as: 'run', by: column('run_id') }],
      measures: [
        { as: 'started', fn: 'min', of: startedAt },
        { as: 'ok', fn: 'all', of: ok },
        ...unknownRows(isUnknown),
      ],
    },
    groupBy: [{ as: 'at', bucket, of: 'started', timeZone }],
    measures: runMeasures(isUnknown),
    orderBy: [{ column: 'at' }],
    limit: BUCKET_LIMIT,
  })
}

/** Throws WriterConfigurationError if a query with {@link BUCKET_LIMIT} reached its limit. */
export function assertFewBuckets(buckets: readonly unknown[], { bucket }: TrendSettings): void {
  if (buckets.length < BUCKET_LIMIT) return
  throw new WriterConfigurationError(`the period has more than ${BUCKET_LIMIT - 1} buckets of one ${bucket}`, {
    context: { bucket, mostBuckets: BUCKET_LIMIT - 1 },
    suggestions: ['Choose a longer bucket or a shorter period.'],
  })
}
