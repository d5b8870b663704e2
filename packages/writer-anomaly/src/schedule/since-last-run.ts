import { DAY_MS } from '@forge/writer-core/storage'
import type { Offset } from '../baseline/clock-rules.ts'
import { medianOf } from '../probability/quantiles.ts'
import { firstAfter, MIN_GAPS, nearest, type Schedule, tolerance, usualGap } from './schedule.ts'

/** The logarithm of a hundred. */
const MAX_RATIO = 4.6

/**
 * Returns the logarithm of the time between the run before and one that starts at `startMs`, in intervals that are usual there; 0 if nothing is known.
 */
export function sinceLastRun(known: Schedule, startMs: number, rules: readonly Offset[]): number {
  const { starts } = known
  // A late row may belong to a run that has been learned already.
  const lastMs = starts[firstAfter(starts, startMs - 1) - 1]
  if (lastMs === undefined || starts.length <= MIN_GAPS) return 0
  const intervalMs = usualGap(starts)
  const gapMs = startMs - lastMs
  const ratios = rules.map((offset) =>
    Math.log(Math.max(gapMs, 1000) / usualBefore(starts, { startMs, intervalMs, offset })),
  )
  const ratio = ratios.reduce((best, each) => (Math.abs(each) < Math.abs(best) ? each : best), ratios[0] ?? 0)
  return Math.max(-MAX_RATIO, Math.min(MAX_RATIO, ratio))
}

/** The factor within which times between runs are alike. */
const ALIKE = 1.5

/**
 * Returns the usual time before a run that starts at this time, in milliseconds: that of the last weeks at this time of the week if two of them agree,
 * otherwise that of the last days at this time of the day, otherwise the usual interval.
 */
function usualBefore(
  starts: readonly number[],
  { startMs, intervalMs, offset }: { readonly startMs: number; readonly intervalMs: number; readonly offset: Offset },
): number {
  const within = tolerance(intervalMs)
  const gapsAt = (days: readonly number[]) =>
    days.flatMap((back) => {
      const then = startMs - back * DAY_MS
      return timeBefore(starts, then + offset(startMs) - offset(then), within) ?? []
    })
  for (const days of [
    [7, 14, 21],
    [1, 2, 3, 4, 5, 6, 7],
  ]) {
    const gaps = gapsAt(days)
    const middle = medianOf(gaps)
    if (gaps.filter((gap) => gap < ALIKE * middle && middle < ALIKE * gap).length >= 2) return Math.max(middle, 1000)
  }
  return Math.max(intervalMs, 1000)
}

/** Returns the time between the start nearest to an instant and the one before it; undefined without one. */
function timeBefore(starts: readonly number[], timeMs: number, within: number): number | undefined {
  const start = nearest(starts, timeMs, within)
  if (start === undefined) return undefined
  const before = starts[firstAfter(starts, start - 1) - 1]
  return before === undefined ? undefined : start - before
}
