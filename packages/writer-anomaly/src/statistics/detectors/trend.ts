import { scoreOfZ } from '../../probability/normal-tail.ts'
import { medianOf } from '../../probability/quantiles.ts'
import { mannKendall, theilSen } from '../../probability/trend-test.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { floorOf } from './window.ts'

const SIZE = 30
const MIN_VALUES = 14
/** The minimum change over the window that matters, as a share of its median. */
const MIN_CHANGE = 0.2

/**
 * Judges a lasting drift over the last 30 values: the Mann-Kendall test, if the Theil-Sen slope changes the level by a fifth or more. Silent for the
 * first 14.
 */
export const trend: DetectorFactory = defineDetector<{ recent: number[] }>({
  name: 'trend',
  version: 1,
  start: () => ({ recent: [] }),
  update: ({ recent }, { value }) => {
    recent.push(value)
    if (recent.length > SIZE) recent.shift()
    if (recent.length < MIN_VALUES) return 0
    const z = mannKendall(recent)
    // Two-sided 0.01: below it the slope is not needed.
    if (Math.abs(z) < 2.5758) return 0
    const change = Math.abs(theilSen(recent)) * (recent.length - 1)
    return change < Math.max(MIN_CHANGE * Math.abs(medianOf(recent)), floorOf(0)) ? 0 : scoreOfZ(z)
  },
})
