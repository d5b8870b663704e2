import type { Rule } from '../rule.ts'
import { type FigureOptions, figureKind } from './figure.ts'

/**
 * Requires that the mean of the column lies between bounds. Nulls are ignored, and without values it passes; a NaN among them fails. In Great
 * Expectations, on pandas, no values fail, and NaN is missing.
 */
export function mean<const Column extends string>(column: Column, options: FigureOptions): Rule<Column> {
  return MEAN.make(options, { column })
}

export const MEAN = figureKind('mean', 'mean', (of) => ({ fn: 'avg', of }))
