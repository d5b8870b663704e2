import type { AggregateRow, Expression, Measure, Predicate } from '@forge/writer-core'
import { when } from '../reading/step-rows.ts'
import { numberOrNull } from '../summary/step-figures.ts'

/** How values are spread. Null of no values; `stddev` is of the sample, null under two. */
export interface Spread {
  readonly mean: number | null
  readonly stddev: number | null
  readonly min: number | null
  readonly max: number | null
}

/** The measures that {@link spreadOf} reads with the same prefix. */
export function spreadMeasures(of: Expression, condition: Predicate, prefix = ''): Measure[] {
  const where = when(condition)
  return [
    { as: `${prefix}mean`, fn: 'avg', of, ...where },
    { as: `${prefix}stddev`, fn: 'stddev', of, ...where },
    { as: `${prefix}min`, fn: 'min', of, ...where },
    { as: `${prefix}max`, fn: 'max', of, ...where },
  ]
}

export function spreadOf(row: AggregateRow, prefix = ''): Spread {
  return {
    mean: numberOrNull(row[`${prefix}mean`]),
    stddev: numberOrNull(row[`${prefix}stddev`]),
    min: numberOrNull(row[`${prefix}min`]),
    max: numberOrNull(row[`${prefix}max`]),
  }
}
