import { scoreOfZ } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { emptyWindow, remember, robustSpread, type Window } from './window.ts'

interface Memory {
  readonly short: Window
  readonly long: Window
}

const SHORT = 16
const LONG = 100
/** The deviation of the logarithm of the ratio of two median absolute deviations, of 16 and of 100 normal values. */
const LOG_RATIO_SIGMA = 0.34

/** Judges the spread of the last 16 values by that of the 100 before them, narrower or wider. Silent for the first 46. */
export const variance: DetectorFactory = defineDetector<Memory>({
  name: 'variance',
  version: 1,
  start: () => ({ short: emptyWindow(), long: emptyWindow() }),
  update: ({ short, long }, { value }) => {
    const leaving = short.values.length >= SHORT ? short.values[0] : undefined
    remember(short, value, SHORT)
    if (leaving !== undefined) remember(long, leaving, LONG)
    if (long.sorted.length < 30) return 0
    const ratio = robustSpread(short.sorted).sigma / robustSpread(long.sorted).sigma
    return scoreOfZ(Math.log(ratio) / LOG_RATIO_SIGMA)
  },
})
