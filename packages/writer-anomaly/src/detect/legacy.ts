import { type Anomaly, and, column, eq, gt, isIn, lt, not, type TableSource } from '@forge/writer-core'
import { makeAnomaly, placeOf } from '../findings/make-anomaly.ts'
import { figure, nameOf } from '../findings/wording.ts'
import type { StepRun } from '../series/step-run.ts'

const MIN_VALID_PERCENT = 90
/** The limit beyond which the square of a value overflows, which makes storages fail. */
const MAX_SQUARABLE = 1e150

/** The mean and the deviation of the durations of one step. */
interface Usual {
  readonly mean: number
  readonly deviation: number
  readonly runs: number
}

/**
 * Judges rows by the rules of the original: a duration above twice the mean, above the mean and two standard deviations, a validation rate below
 * 90 %. The storage computes the means from the stored rows of the runs outside the same batch. It exists for comparison: the model makes far
 * fewer errors.
 */
export async function detectLegacy(
  source: TableSource,
  batches: AsyncIterable<readonly StepRun[]> | Iterable<readonly StepRun[]>,
  now: Date,
): Promise<{ readonly anomalies: readonly Anomaly[]; readonly rowsJudged: number }> {
  const anomalies: Anomaly[] = []
  let rowsJudged = 0
  for await (const rows of batches) {
    rowsJudged += rows.length
    anomalies.push(...(await judgeBatch(source, rows, now)))
  }
  return { anomalies, rowsJudged }
}

async function judgeBatch(source: TableSource, rows: readonly StepRun[], now: Date): Promise<Anomaly[]> {
  const usual = await readUsualDurations(source, [...new Set(rows.map(({ runId }) => runId))])
  return rows.flatMap((row) => {
    const known = usual.get(keyOf(row.pipeline, row.phase, row.step))
    return [findSlow(row, known, now), findInvalid(row, now)].flatMap((anomaly) => anomaly ?? [])
  })
}

async function readUsualDurations(source: TableSource, judged: readonly string[]): Promise<Map<string, Usual>> {
  const table = await source.table()
  const duration = column('duration_secs')
  const groups = await table.aggregate({
    where: and(eq('success', true), not(isIn('run_id', judged))),
    groupBy: ['pipeline_id', 'phase', 'step_name'].map((name) => ({ as: name, by: column(name) })),
    measures: [
      { as: 'mean', fn: 'avg', of: duration },
      {
        as: 'deviation',
        fn: 'stddev',
        of: duration,
        where: and(lt(duration, MAX_SQUARABLE), gt(duration, -MAX_SQUARABLE)),
      },
      { as: 'runs', fn: 'count' },
    ],
  })
  return new Map(
    groups.map(({ pipeline_id, phase, step_name, mean, deviation, runs }) => [
      keyOf(String(pipeline_id), String(phase), String(step_name)),
      { mean: Number(mean ?? 0), deviation: Number(deviation ?? 0), runs: Number(runs) },
    ]),
  )
}

function findSlow(row: StepRun, usual: Usual | undefined, now: Date): Anomaly | undefined {
  if (!usual || usual.runs < 2 || !row.success || !Number.isFinite(row.durationSecs)) return undefined
  const { mean, deviation, runs } = usual
  const isTwice = row.durationSecs > 2 * mean
  const isBeyond = deviation > 0 && row.durationSecs > mean + 2 * deviation
  if (!isTwice && !isBeyond) return undefined
  const z = deviation > 0 ? (row.durationSecs - mean) / deviation : null
  return makeAnomaly(placeOf(row), {
    type: 'duration_spike',
    metric: 'duration_secs',
    detector: isTwice ? 'legacy-twice-mean' : 'legacy-two-deviations',
    severity: 'warning',
    description: `${nameOf(row)} took ${figure(row.durationSecs)} s; mean ${figure(mean)} s of ${runs} runs`,
    nowMs: now.getTime(),
    value: row.durationSecs,
    expected: mean,
    upper: Math.min(2 * mean, mean + 2 * deviation),
    z,
  })
}

function findInvalid(row: StepRun, now: Date): Anomaly | undefined {
  if (!(row.validationRate < MIN_VALID_PERCENT)) return undefined
  return makeAnomaly(placeOf(row), {
    type: 'validation_rate_drop',
    metric: 'validation_rate',
    detector: 'hard-rule',
    severity: 'error',
    description: `${nameOf(row)}: ${figure(row.validationRate)} % of the rows are valid, which is below ${MIN_VALID_PERCENT} %`,
    nowMs: now.getTime(),
    value: row.validationRate,
    expected: MIN_VALID_PERCENT,
    z: null,
    score: 0.9,
  })
}

function keyOf(pipeline: string, phase: string, step: string): string {
  return [pipeline, phase, step].join('\0')
}
