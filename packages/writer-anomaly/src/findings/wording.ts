import { dayOfWeek, hourOf } from '../baseline/calendar.ts'
import { describeBaseline, type Judgement } from '../baseline/judge.ts'
import type { Seasonality } from '../baseline/season.ts'
import type { StepRun } from '../series/step-run.ts'

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** Returns a name such as `orders silver.clean_events`; for the row of a whole run, the pipeline alone. */
export function nameOf({ pipeline, phase, step }: Pick<StepRun, 'pipeline' | 'phase' | 'step'>): string {
  return phase === 'pipeline' ? `${pipeline} (whole run)` : `${pipeline} ${phase}.${step}`
}

/** Returns a number with four significant digits, and with thousands separated. */
export function figure(value: number): string {
  const rounded = Number(value.toPrecision(4))
  if (!Number.isFinite(rounded) || Math.abs(rounded) < 1000 || Math.abs(rounded) >= 1e21) return String(rounded)
  return rounded.toFixed(0).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** Returns a text such as `expected 95-140 for a Monday (median 118, 24 runs)`. */
export function expectation(judgement: Judgement, unit: string): string {
  const { expected, count } = judgement
  const { lower, upper, seasonality } = describeBaseline(judgement)
  const suffix = unit === '' ? '' : ` ${unit}`
  return `expected ${figure(lower)}-${figure(upper)}${suffix}${whenOf(seasonality, judgement.timeMs)} (usual ${figure(expected)}, ${count} runs)`
}

/** Returns a text such as `3.5x, robust z 9.1`. */
export function sizeOf({ value, expected, z }: Judgement): string {
  const times = expected > 0 ? `${figure(value / expected)}x, ` : ''
  return `${times}robust z ${Math.abs(z).toFixed(1)}`
}

function whenOf(seasonality: Seasonality, timeMs: number): string {
  const weekday = WEEKDAYS[dayOfWeek(timeMs)]
  switch (seasonality) {
    case 'none':
    case 'dom':
      return ''
    case 'hour':
      return ` at ${hourOf(timeMs)}:00`
    case 'dow':
      return ` for a ${weekday}`
    case 'hour_of_week':
      return ` for a ${weekday} at ${hourOf(timeMs)}:00`
  }
}
