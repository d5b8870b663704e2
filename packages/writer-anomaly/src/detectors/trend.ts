import { median } from 'simple-statistics'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { scoreOfZ } from './tail.ts'
import { floorOf } from './window.ts'

const SIZE = 30
const LEAST = 14
/** Change over the window, as a share of its median, below which a drift is of no interest. */
const LEAST_CHANGE = 0.2

/**
 * A lasting drift over the last 30 values: the Mann-Kendall test, where the slope (Theil-Sen) changes the level by a fifth
 * or more. Silent for the first 14.
 */
export const trend: DetectorFactory = defineDetector<{ recent: number[] }>({
  name: 'trend',
  version: 1,
  start: () => ({ recent: [] }),
  update: ({ recent }, { value }) => {
    recent.push(value)
    if (recent.length > SIZE) recent.shift()
    if (recent.length < LEAST) return 0
    const z = mannKendall(recent)
    // Two sided 0.01: below it the slope need not be known.
    if (Math.abs(z) < 2.5758) return 0
    const change = Math.abs(theilSen(recent)) * (recent.length - 1)
    return change < Math.max(LEAST_CHANGE * Math.abs(median(recent)), floorOf(0)) ? 0 : scoreOfZ(z)
  },
})

/** Number of rising minus falling pairs, in standard deviations of it without a trend; ties count as neither. */
function mannKendall(values: readonly number[]): number {
  const count = values.length
  let rising = 0
  let ties = 0
  for (const [i, earlier] of values.entries()) {
    for (let j = i + 1; j < count; j += 1) {
      const sign = Math.sign((values[j] ?? earlier) - earlier)
      rising += sign
      if (sign === 0) ties += 1
    }
  }
  const pairs = (count * (count - 1)) / 2
  const variance = ((count * (count - 1) * (2 * count + 5)) / 18) * (1 - ties / pairs)
  return variance === 0 || rising === 0 ? 0 : (rising - Math.sign(rising)) / Math.sqrt(variance)
}

/** Median of the slopes of all pairs, per step. */
function theilSen(values: readonly number[]): number {
  const slopes: number[] = []
  for (const [i, earlier] of values.entries()) {
    for (const [k, later] of values.slice(i + 1).entries()) slopes.push((later - earlier) / (k + 1))
  }
  return median(slopes)
}
