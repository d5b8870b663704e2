import { column as columnOf } from '@forge/writer-core'
import { z } from 'zod'
import type { Rule } from '../rule.ts'
import { COLUMN, ruleKind } from '../rule-kind.ts'
import { type FigureOptions, figureParts } from './figure.ts'
import { limitsProblem } from './limits.ts'

export interface QuantileOptions extends FigureOptions {
  /** The quantile, 0-1: 0.5 is the median. Interpolated between values. */
  readonly q: number
}

/**
 * Requires that a quantile of the column lies between bounds. Nulls are ignored, and without values it passes; NaN is greater than every number. In
 * Great Expectations no values fail, NaN is missing on pandas, and a quantile other than the median is the nearest value.
 */
export function quantile<const Column extends string>(column: Column, options: QuantileOptions): Rule<Column> {
  return QUANTILE.make(options, { column })
}

export const QUANTILE = ruleKind('quantile', {
  options: {
    column: COLUMN,
    q: z.number().min(0).max(1),
    min: z.number().optional(),
    max: z.number().optional(),
  },
  problem: limitsProblem,
  make: ({ column, q, ...limits }) => ({
    ...figureParts(column, { word: `${q} quantile`, fn: { fn: 'quantile', of: columnOf(column), q }, ...limits }),
    name: `quantile(${column}, ${q})`,
  }),
})
