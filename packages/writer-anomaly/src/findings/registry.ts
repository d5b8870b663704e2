import { duration } from './duration.ts'
import { errorCluster } from './error-cluster.ts'
import { failureRate } from './failure-rate.ts'
import { durationShift, rowsShift } from './level-shift.ts'
import { rowCount } from './row-count.ts'
import type { StepFinding } from './step-finding.ts'
import { stuckValue } from './stuck-value.ts'
import { durationTrend, rowsTrend } from './trend.ts'
import { validationRate } from './validation-rate.ts'
import { varianceChange } from './variance-change.ts'
import { writeRatio } from './write-ratio.ts'
import { zeroRows } from './zero-rows.ts'

/** All findings about one row, in the order in which they are called. */
export const STEP_FINDINGS: readonly StepFinding[] = [
  failureRate,
  errorCluster,
  duration,
  rowCount,
  zeroRows,
  validationRate,
  writeRatio,
  stuckValue,
  durationShift,
  rowsShift,
  durationTrend,
  rowsTrend,
  varianceChange,
]
