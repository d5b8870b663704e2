import type { Rule } from '../rule.ts'
import { type FigureOptions, figureKind } from './figure.ts'

/**
 * Requires that the sum of the column lies between bounds. Nulls are ignored, and without values, which have no sum, it passes; a NaN among them
 * fails. In Great Expectations, on pandas, the sum of no values is 0, and NaN is missing.
 */
export function sum<const Column extends string>(column: Column, options: FigureOptions): Rule<Column> {
  return SUM.make(options, { column })
}

export const SUM = figureKind('sum', 'sum', (of) => ({ fn: 'sum', of }))
