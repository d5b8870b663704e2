import { cusum } from './cusum.ts'
import type { DetectorFactory } from './detector.ts'
import { ensemble } from './ensemble.ts'
import { ewma } from './ewma.ts'
import { iqrFences } from './iqr-fences.ts'
import { newExtreme } from './new-extreme.ts'
import { rateOfChange } from './rate-of-change.ts'
import { robustZ } from './robust-z.ts'
import { stuckValue } from './stuck-value.ts'
import { zScore } from './z-score.ts'

/** Every streaming detector; the first is the default. */
export const DETECTORS: readonly DetectorFactory[] = [
  ensemble,
  cusum,
  ewma,
  iqrFences,
  newExtreme,
  rateOfChange,
  robustZ,
  stuckValue,
  zScore,
]
