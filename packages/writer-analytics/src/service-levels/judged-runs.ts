import {
  type AggregateRow,
  and,
  column,
  endExpression,
  eq,
  isNull,
  literal,
  type Measure,
  not,
  type Predicate,
  runStartExpression,
  type Value,
  WriterPerformanceError,
} from '@forge/writer-core'
import { judgedRows } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { isFiniteIn } from '../reading/step-rows.ts'
import { secondsBetween } from '../runs/run-steps.ts'
import { isFailedRun, isUnknownRun, outcomeMeasures } from '../summary/run-figures.ts'

/** A run as service levels see it. */
export interface JudgedRun {
  readonly pipeline: string
  readonly runId: string
  /** Null when the outcome is not known: neither a success nor a failure. */
  readonly success: boolean | null
  readonly startedAt: string
  readonly endedAt: string
  /**
   * The duration of the run's own row, otherwise from its first start to its last end; a step without an end took as long as its duration says.
   * Null if neither is known because the stored durations are NaN or infinite.
   */
  readonly durationSecs: number | null
  /** True if a duration that is stored for it is NaN or infinite. */
  readonly hasNonFinite: boolean
}

/** Runs are judged in memory. */
const MAX_RUNS = 100_000
/** End of the last year of four digits. */
const LAST_MS = Date.UTC(10_000, 0, 1) - 1

/** Reads the runs under a condition. Throws WriterPerformanceError if there are more than 100,000. */
export async function judgedRuns(reading: LogReading, where: Predicate): Promise<JudgedRun[]> {
  const runs = await timesOfRuns(reading, where)
  if (runs.length > MAX_RUNS) {
    throw new WriterPerformanceError(`more than ${MAX_RUNS} runs are to be judged`, {
      context: { mostRuns: MAX_RUNS },
      suggestions: ['Take a shorter period, or fewer pipelines.'],
    })
  }
  const { failed, unknown } = await outcomesOfRuns(reading, where)
  return runs.flatMap((row) => {
    const startedAt = textOf(row.started)
    if (startedAt === null) return []
    const end = endOf(row, startedAt)
    const own = row.ownDuration === null ? null : Number(row.ownDuration)
    const hasNonFinite = Number(row.nonFinite ?? 0) > 0
    const isOpen = end === startedAt && hasNonFinite
    return {
      pipeline: String(row.pipeline),
      runId: String(row.run),
      success: unknown.has(keyOf(row)) ? null : !failed.has(keyOf(row)),
      startedAt,
      endedAt: end,
      durationSecs: own ?? (isOpen ? null : (secondsBetween(startedAt, end) ?? 0)),
      hasNonFinite,
    }
  })
}

const RUN = [
  { as: 'pipeline', by: column('pipeline_id') },
  { as: 'run', by: column('run_id') },
]

function timesOfRuns(reading: LogReading, where: Predicate): Promise<AggregateRow[]> {
  const isFiniteDuration = isFiniteIn(reading, 'duration_secs')
  return reading.reader.aggregate({
    where,
    groupBy: RUN,
    measures: [
      { as: 'started', fn: 'min', of: runStartExpression(reading.columns) ?? literal(null) },
      { as: 'ended', fn: 'max', of: endExpression(reading.columns) ?? literal(null) },
      ...openMeasures(reading),
      {
        as: 'ownDuration',
        fn: 'max',
        of: column('duration_secs'),
        where: and(eq('phase', 'pipeline'), isFiniteDuration),
      },
      ...(isFiniteDuration.op === 'true'
        ? []
        : [{ as: 'nonFinite', fn: 'count', where: not(isFiniteDuration) } as const]),
    ],
    orderBy: [{ column: 'started' }, { column: 'run' }],
    limit: MAX_RUNS + 1,
  })
}

/** The keys of the runs that did not succeed. */
async function outcomesOfRuns(reading: LogReading, where: Predicate) {
  const { rows, ...judged } = (await judgedRows(reading, where)).all
  const keysOf = async (condition: Predicate) => {
    const found = await reading.reader.aggregate({
      from: { ...rows, groupBy: RUN, measures: outcomeMeasures(judged) },
      where: condition,
      groupBy: ['pipeline', 'run'].map((name) => ({ as: name, by: column(name) })),
      measures: [],
      limit: MAX_RUNS + 1,
    })
    return new Set(found.map(keyOf))
  }
  return {
    failed: await keysOf(isFailedRun),
    unknown: judged.isUnknown ? await keysOf(isUnknownRun) : new Set<string>(),
  }
}

/** Returns measures of rows without an end, which took as long as they say: the longest, and the one that started last. */
function openMeasures(reading: LogReading): Measure[] {
  const { columns, startedAt } = reading
  const end = endExpression(columns)
  const where = and(...(end ? [isNull(end)] : []), isFiniteIn(reading, 'duration_secs'))
  const of = column('duration_secs')
  return [
    { as: 'longestOpen', fn: 'max', of, where },
    { as: 'lastOpen', fn: 'argMax', of, by: startedAt, where },
    { as: 'lastOpenStart', fn: 'max', of: startedAt, where },
  ]
}

/** The last that is known of a run; ISO 8601, UTC. */
function endOf({ ended, longestOpen, lastOpen, lastOpenStart }: AggregateRow, startedAt: string): string {
  const told = textOf(ended)
  const end = told === null || told < startedAt ? startedAt : told
  const openMs = [
    Date.parse(startedAt) + 1000 * Number(longestOpen ?? 0),
    Date.parse(textOf(lastOpenStart) ?? startedAt) + 1000 * Number(lastOpen ?? 0),
  ].filter((ms) => !Number.isNaN(ms))
  const latestMs = Math.min(LAST_MS, Math.max(...openMs))
  return latestMs > Date.parse(end) ? new Date(latestMs).toISOString() : end
}

function keyOf(row: AggregateRow): string {
  return JSON.stringify([String(row.pipeline), String(row.run)])
}

function textOf(value: Value | undefined): string | null {
  return typeof value === 'string' ? value : null
}
