import { type Anomaly, and, column, eq, gt, isIn, lt, not, type TableSource } from '@forge/writer-core'
import { makeAnomaly, placeOf } from './findings/make-anomaly.ts'
import { figure, nameOf } from './findings/wording.ts'
import type { StepRun } from './series/step-run.ts'

const HARD_LIMIT = 90
/** Storages fail where the square of a value is no number any more. */
const BEYOND = 1e150

/** Mean and deviation of the durations of one step. */
interface Usual {
  readonly mean: number
  readonly deviation: number
  readonly runs: number
}

/**
 * The rules of the original: a duration above twice the mean, above the mean and two standard deviations, a validation rate below 90 %. Means are
 * of the stored rows of other runs, by the storage's own aggregation. For comparison; the findings of the model err far less.
 */
export async function judgeLegacy(source: TableSource, rows: readonly StepRun[], now: Date): Promise<Anomaly[]> {
  const usual = await usualDurations(source, [...new Set(rows.map(({ runId }) => runId))])
  return rows.flatMap((row) => {
    const known = usual.get(keyOf(row.pipeline, row.phase, row.step))
    return [slow(row, known, now), invalid(row, now)].flatMap((anomaly) => anomaly ?? [])
  })
}

async function usualDurations(source: TableSource, judged: readonly string[]): Promise<Map<string, Usual>> {
  const table = await source.table()
  const duration = column('duration_secs')
  const groups = await table.aggregate({
    where: and(eq('success', true), not(isIn('run_id', judged))),
    groupBy: ['pipeline_id', 'phase', 'step_name'].map((name) => ({ as: name, by: column(name) })),
    measures: [
      { as: 'mean', fn: 'avg', of: duration },
      { as: 'deviation', fn: 'stddev', of: duration, where: and(lt(duration, BEYOND), gt(duration, -BEYOND)) },
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

function slow(row: StepRun, usual: Usual | undefined, now: Date): Anomaly | undefined {
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

function invalid(row: StepRun, now: Date): Anomaly | undefined {
  if (!(row.validationRate < HARD_LIMIT)) return undefined
  return makeAnomaly(placeOf(row), {
    type: 'validation_rate_drop',
    metric: 'validation_rate',
    detector: 'hard-rule',
    severity: 'error',
    description: `${nameOf(row)}: ${figure(row.validationRate)} % of the rows are valid, which is below ${HARD_LIMIT} %`,
    nowMs: now.getTime(),
    value: row.validationRate,
    expected: HARD_LIMIT,
    z: null,
    score: 0.9,
  })
}

function keyOf(pipeline: string, phase: string, step: string): string {
  return [pipeline, phase, step].join('\0')
}
