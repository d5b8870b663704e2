import { scoreOfZ } from '../statistics/normal-tail.ts'
import { medianOf } from '../statistics/quantiles.ts'
import { mannKendall, theilSen } from '../statistics/trend-test.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
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
    return change < Math.max(LEAST_CHANGE * Math.abs(medianOf(recent)), floorOf(0)) ? 0 : scoreOfZ(z)
  },
})
