import type { OptionProblem } from '@forge/writer-core/storage'

/** Bounds, at least one of which must be given. */
export interface Limits<Bound = number> {
  readonly min?: Bound | undefined
  readonly max?: Bound | undefined
}

/** Returns what is wrong with bounds that are valid one by one. */
export function limitsProblem<Bound extends number | bigint | string | Date>({
  min,
  max,
}: Limits<Bound>): OptionProblem | undefined {
  if (min === undefined && max === undefined) return { setting: 'min', problem: 'or max must be given' }
  const isUpsideDown = min !== undefined && max !== undefined && !(min <= max)
  return isUpsideDown ? { setting: 'min', problem: 'must not be greater than max' } : undefined
}
