import { DAY_MS, type ZoneClock } from '@forge/writer-core/storage'
import { DURATION, type Metric, ROWS, VALIDATION, WRITE_RATIO } from '../baseline/metric.ts'
import { type SlotGrid, slotOf } from '../schedule/slot-grid.ts'
import type { StepRun } from '../series/step-run.ts'

export const SERIES = {
  duration: DURATION,
  rows: ROWS,
  validation: VALIDATION,
  ratio: WRITE_RATIO,
} as const satisfies Record<string, Metric>

/** The name of a figure of a step that is judged and learned. */
export type FigureName = keyof typeof SERIES

/**
 * Calls `visit` for each figure of the row. A value that is not a valid figure (NaN, infinite or negative) is neither judged nor learned; neither are
 * durations and rows on a holiday.
 */
export function eachFigure(
  row: StepRun,
  isQuietDay: boolean,
  visit: (name: FigureName, value: number, trials: number) => void,
): void {
  const { durationSecs, rows, rowsWritten, validationRate } = row
  const trials = isFigure(rows) ? rows : 0
  // Rows come first: they explain durations.
  if (!isQuietDay && isFigure(rows)) visit('rows', rows, 0)
  if (!isQuietDay && isFigure(durationSecs)) visit('duration', durationSecs, 0)
  if (isFigure(validationRate) && validationRate <= 100) visit('validation', validationRate, trials)
  if (rowsWritten !== null && trials > 0 && isFigure(rowsWritten)) visit('ratio', rowsWritten / trials, trials)
}

/**
 * Returns what the clocks of the zone show when the row's run was due, or when it started if there is no schedule: all steps of a run belong to that
 * hour and day, however long the steps before them took. All times of a baseline are of this kind.
 */
export function seasonMs({ runStartMs, timeMs }: StepRun, zone: ZoneClock, grid: SlotGrid | undefined): number {
  const isOfRun = runStartMs !== null && runStartMs <= timeMs && timeMs - runStartMs < DAY_MS
  return zone.localMs(slotOf(grid, isOfRun ? runStartMs : timeMs))
}

export function isFigure(value: number): boolean {
  return Number.isFinite(value) && value >= 0
}
