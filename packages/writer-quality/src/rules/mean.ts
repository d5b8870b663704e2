import type { Rule } from '../rule.ts'
import { type FigureOptions, figureKind } from './figure.ts'

/**
 * The mean of the column lies between bounds. Nulls are left out, and over no values it passes; a NaN among them fails. In Great Expectations, on
 * pandas, no values fail, and NaN is missing.
 */
export function mean<const Column extends string>(column: Column, options: FigureOptions): Rule<Column> {
  return MEAN.make({ ...options, column })
}

export const MEAN = figureKind('mean', 'mean', (of) => ({ fn: 'avg', of }))
