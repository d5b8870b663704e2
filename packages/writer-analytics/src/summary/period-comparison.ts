import type { PeriodText } from '../reading/period.ts'
import type { Totals } from './totals.ts'

/** A figure now and in the period before. */
export interface FigureChange {
  readonly current: number | null
  readonly previous: number | null
  /** `current - previous`; null if one of them is null. */
  readonly change: number | null
  /** The change in percent of the previous value; null if that is 0 or one is missing. */
  readonly changePercent: number | null
}

const FIGURES = {
  totalExecutions: ({ runs }: Totals) => runs,
  successRatePercent: ({ successRatePercent }: Totals) => successRatePercent,
  totalSteps: ({ steps }: Totals) => steps,
  failedSteps: ({ failedSteps }: Totals) => failedSteps,
  averageDurationSecs: ({ durations }: Totals) => durations.mean,
  p95DurationSecs: ({ durations }: Totals) => durations.p95,
  totalRowsProcessed: ({ rowsProcessed }: Totals) => rowsProcessed,
  totalRowsWritten: ({ rowsWritten }: Totals) => rowsWritten,
  rowsPerSecond: ({ rowsPerSecond }: Totals) => rowsPerSecond,
  validationRate: ({ validationRate }: Totals) => validationRate,
} as const

/** The main figures compared with those of the period of the same length before. */
export interface PeriodComparison {
  readonly period: PeriodText
  readonly figures: Readonly<Record<keyof typeof FIGURES, FigureChange>>
}

export function comparePeriods(current: Totals, previous: Totals, period: PeriodText): PeriodComparison {
  const changes = Object.entries(FIGURES).map(([name, figure]) => [name, change(figure(current), figure(previous))])
  // Every key of FIGURES is there.
  return { period, figures: Object.fromEntries(changes) as PeriodComparison['figures'] }
}

/** Returns the change of a figure. */
export function change(current: number | null, previous: number | null): FigureChange {
  if (current === null || previous === null) return { current, previous, change: null, changePercent: null }
  const difference = current - previous
  return {
    current,
    previous,
    change: difference,
    changePercent: previous === 0 ? null : (difference / Math.abs(previous)) * 100,
  }
}
