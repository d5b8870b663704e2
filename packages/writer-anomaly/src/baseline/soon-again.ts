import { HOUR_MS } from '@forge/writer-core/storage'
import { medianOf } from '../probability/quantiles.ts'
import type { ValueBaseline } from './value-baseline.ts'

/** The usual time between runs up to which the next run soon shows whether an unusual one was a straggler. */
const SOON_MS = 2.5 * HOUR_MS
const LOOKED_AT = 21

/**
 * Returns whether the next run comes within two or three hours, so that a single unusual run can wait for it: nobody can act on it alone, and the next
 * run confirms what lasts.
 */
export function comesSoonAgain({ times }: Pick<ValueBaseline, 'times'>): boolean {
  const recent = times.slice(-LOOKED_AT)
  const gaps = recent.slice(1).map((time, at) => time - (recent[at] ?? 0))
  return gaps.length > 0 && medianOf(gaps) <= SOON_MS
}
