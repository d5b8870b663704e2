import { type AggregateRow, and, column, type Expression, eq, type Measure, not, type Value } from '@forge/writer-core'
import { numberOrNull } from '@forge/writer-core/storage'
import { type CountedSteps, when } from '../reading/step-rows.ts'

/** Durations in seconds; null if no step ran. */
export interface Durations {
  readonly mean: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}

/** Figures of steps. */
export interface StepFigures {
  readonly steps: number
  readonly failedSteps: number
  /**
   * The number of steps that did not run, or whose outcome is unknown, by `metadata.status`: they are in `steps`, but in no duration and no success
   * rate.
   */
  readonly skippedSteps: number
  /** The share of steps with a known outcome that succeeded, 0-100; null without such steps. */
  readonly stepSuccessRatePercent: number | null
  readonly durations: Durations
  readonly rowsProcessed: number
  readonly rowsWritten: number
  /** The rows processed per second of a step's time; null if no time was spent. */
  readonly rowsPerSecond: number | null
  /** The validation rate in percent, weighted by rows processed; null before the first row. */
  readonly validationRate: number | null
}

const duration = column('duration_secs')
const processed = column('rows_processed')

/** Returns the measures that {@link stepFiguresOf} reads, except quantiles. */
export function stepMeasures({ ran, timed, knowsRows, validated }: CountedSteps): Measure[] {
  return [
    { as: 'steps', fn: 'count' },
    { as: 'failedSteps', fn: 'count', where: and(eq('success', false), ran) },
    ...(ran.op === 'true' ? [] : [{ as: 'skippedSteps', fn: 'count', where: not(ran) } as const]),
    { as: 'mean', fn: 'avg', of: duration, ...when(timed) },
    { as: 'max', fn: 'max', of: duration, ...when(timed) },
    { as: 'rowsProcessed', fn: 'sum', of: processed },
    { as: 'rowsWritten', fn: 'sum', of: column('rows_written') },
    { as: 'knownRows', fn: 'sum', of: processed, ...when(knowsRows) },
    { as: 'knownSecs', fn: 'sum', of: duration, ...when(knowsRows) },
    { as: 'ratedRows', fn: 'sum', of: processed, ...when(validated) },
    { as: 'validRows', fn: 'sum', of: product(column('validation_rate'), processed), ...when(validated) },
  ]
}

/** Returns the measures of quantiles of durations; with `approximate` by a sketch, in constant memory. */
export function quantileMeasures({ timed }: CountedSteps, approximate: boolean): Measure[] {
  const quantile = (as: string, q: number): Measure => ({
    as,
    fn: 'quantile',
    of: duration,
    q,
    approximate,
    ...when(timed),
  })
  return [quantile('p50', 0.5), quantile('p95', 0.95), quantile('p99', 0.99)]
}

export function stepFiguresOf(row: AggregateRow): StepFigures {
  const steps = Number(row.steps ?? 0)
  const skippedSteps = Number(row.skippedSteps ?? 0)
  const failedSteps = Number(row.failedSteps ?? 0)
  return {
    steps,
    failedSteps,
    skippedSteps,
    stepSuccessRatePercent: percentOf(steps - skippedSteps - failedSteps, steps - skippedSteps),
    durations: {
      mean: numberOrNull(row.mean),
      p50: numberOrNull(row.p50),
      p95: numberOrNull(row.p95),
      p99: numberOrNull(row.p99),
      max: numberOrNull(row.max),
    },
    rowsProcessed: Number(row.rowsProcessed ?? 0),
    rowsWritten: Number(row.rowsWritten ?? 0),
    rowsPerSecond: quotient(row.knownRows, row.knownSecs),
    validationRate: quotient(row.validRows, row.ratedRows),
  }
}

/** Returns a share of 0-100; null if the whole is 0. */
export function percentOf(part: number, whole: number): number | null {
  return whole > 0 ? (part / whole) * 100 : null
}

/** Returns a quotient; null if the divisor is 0 or missing. */
export function quotient(dividend: Value | undefined, divisor: Value | undefined): number | null {
  const by = Number(divisor ?? 0)
  return by > 0 ? Number(dividend ?? 0) / by : null
}

function product(left: Expression, right: Expression): Expression {
  return { kind: 'arithmetic', operator: '*', left, right }
}
