import type { Rule } from '../rule.ts'
import { type FigureOptions, figureKind } from './figure.ts'

/** The mean of the column lies between bounds. Nulls are left out, and over no values it passes. */
export function mean<const Column extends string>(column: Column, options: FigureOptions): Rule<Column> {
  return MEAN.make({ ...options, column })
}

export const MEAN = figureKind('mean', 'mean', (of) => ({ fn: 'avg', of }))
