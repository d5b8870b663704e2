import { type AggregateRow, column, type Predicate, WriterPerformanceError } from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import { judgedRows } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { RUN_KEYS } from '../reading/run-keys.ts'
import { runTimesOf, timeMeasures } from '../runs/run-times.ts'
import { isFailedRun, isUnknownRun, outcomeMeasures } from '../summary/run-figures.ts'

/** A run as service levels judge it. */
export interface JudgedRun {
  readonly pipeline: string
  readonly runId: string
  /** The outcome; null if it is unknown: neither a success nor a failure. */
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
  /** The seconds for which it has been running; null if it has ended. Its end is then the time of the check. */
  readonly runningSecs: number | null
}

/** The maximum number of runs, because they are judged in memory. */
const MAX_RUNS = 100_000

/** Reads the runs under a condition. Throws WriterPerformanceError if there are more than 100,000. */
export async function judgedRuns(reading: LogReading, where: Predicate): Promise<JudgedRun[]> {
  const runs = await reading.reader.aggregate({
    where,
    groupBy: RUN_KEYS,
    measures: timeMeasures(reading),
    orderBy: [{ column: 'started' }, { column: 'run' }],
    limit: MAX_RUNS + 1,
  })
  if (runs.length > MAX_RUNS) {
    throw new WriterPerformanceError(`more than ${MAX_RUNS} runs are to be judged`, {
      context: { mostRuns: MAX_RUNS },
      suggestions: ['Choose a shorter period, or fewer pipelines.'],
    })
  }
  const { failed, unknown } = await outcomesOfRuns(reading, where)
  return runs.flatMap((row) => {
    const startedAt = textOrNull(row.started)
    if (startedAt === null) return []
    const { endedAt, durationSecs, hasNonFinite } = runTimesOf(row, startedAt)
    return {
      pipeline: String(row.pipeline),
      runId: String(row.run),
      success: unknown.has(keyOf(row)) ? null : !failed.has(keyOf(row)),
      startedAt,
      endedAt,
      durationSecs,
      hasNonFinite,
      runningSecs: null,
    }
  })
}

/** Reads the outcomes of the runs that did not succeed. */
async function outcomesOfRuns(reading: LogReading, where: Predicate) {
  const { rows, ...judged } = (await judgedRows(reading, where)).all
  const keysOf = async (condition: Predicate) => {
    const found = await reading.reader.aggregate({
      from: { ...rows, groupBy: RUN_KEYS, measures: outcomeMeasures(judged) },
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

function keyOf(row: AggregateRow): string {
  return JSON.stringify([String(row.pipeline), String(row.run)])
}
