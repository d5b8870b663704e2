import type { AnomalySeverity } from '@forge/writer-core'
import type { Judgement } from '../baseline/judge.ts'

/** Returns the severity by evidence and by size: `relative` is the change, `floor` the minimum that matters. It is capped if little is known. */
export function severityOf(judgement: Judgement, relative: number, floor: number): AnomalySeverity {
  if (judgement.status !== 'ready') return 'warning'
  if (Math.abs(relative) < floor) return 'info'
  return Math.abs(judgement.z) >= 6 && Math.abs(relative) >= 2 * floor ? 'error' : 'warning'
}
