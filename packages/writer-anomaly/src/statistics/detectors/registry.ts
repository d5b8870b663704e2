import { betaBinomial } from './beta-binomial.ts'
import { burst } from './burst.ts'
import { cusum } from './cusum.ts'
import type { DetectorFactory } from './detector.ts'
import { ensemble } from './ensemble.ts'
import { ewma } from './ewma.ts'
import { holtWinters } from './holt-winters.ts'
import { iqrFences } from './iqr-fences.ts'
import { levelShift } from './level-shift.ts'
import { negativeBinomial } from './negative-binomial.ts'
import { newExtreme } from './new-extreme.ts'
import { rateOfChange } from './rate-of-change.ts'
import { robustZ } from './robust-z.ts'
import { seasonal } from './seasonal.ts'
import { stuckValue } from './stuck-value.ts'
import { trend } from './trend.ts'
import { variance } from './variance.ts'
import { zScore } from './z-score.ts'

/** All streaming detectors; the first is the default. */
export const DETECTORS: readonly DetectorFactory[] = [
  ensemble,
  betaBinomial,
  burst,
  cusum,
  ewma,
  holtWinters,
  iqrFences,
  levelShift,
  negativeBinomial,
  newExtreme,
  rateOfChange,
  robustZ,
  seasonal,
  stuckValue,
  trend,
  variance,
  zScore,
]
