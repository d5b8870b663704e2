import { type AggregateRow, and, type Expression, gt, lt, type Measure, not, type Predicate } from '@forge/writer-core'
import { numberOrNull } from '@forge/writer-core/storage'
import { when } from '../reading/step-rows.ts'

/** The spread of values. Null without values; `stddev` is of the sample, null under two values, and if a value is beyond 1e150 or NaN. */
export interface Spread {
  readonly mean: number | null
  readonly stddev: number | null
  readonly min: number | null
  readonly max: number | null
}

// Storages fail if the square of a value is not a finite number.
const BEYOND = 1e150

/** The measures that {@link spreadOf} reads with the same prefix. */
export function spreadMeasures(of: Expression, condition: Predicate, prefix = ''): Measure[] {
  const where = when(condition)
  const squares = and(lt(of, BEYOND), gt(of, -BEYOND))
  return [
    { as: `${prefix}mean`, fn: 'avg', of, ...where },
    { as: `${prefix}stddev`, fn: 'stddev', of, where: and(condition, squares) },
    { as: `${prefix}beyond`, fn: 'count', where: and(condition, not(squares)) },
    { as: `${prefix}min`, fn: 'min', of, ...where },
    { as: `${prefix}max`, fn: 'max', of, ...where },
  ]
}

export function spreadOf(row: AggregateRow, prefix = ''): Spread {
  return {
    mean: numberOrNull(row[`${prefix}mean`]),
    stddev: Number(row[`${prefix}beyond`] ?? 0) > 0 ? null : numberOrNull(row[`${prefix}stddev`]),
    min: numberOrNull(row[`${prefix}min`]),
    max: numberOrNull(row[`${prefix}max`]),
  }
}
