import { column as columnOf, type Expression, type Measure } from '@forge/writer-core'
import { z } from 'zod'
import type { RuleOptions } from '../rule.ts'
import { COLUMN, type RuleParts, ruleKind } from '../rule-kind.ts'
import { type Limits, limitsProblem } from './limits.ts'
import { between } from './range.ts'

export interface FigureOptions extends RuleOptions {
  /** The minimum. Default: none. */
  readonly min?: number | undefined
  /** The maximum. Default: none. */
  readonly max?: number | undefined
}

const LIMITS = { column: COLUMN, min: z.number().optional(), max: z.number().optional() }

/** Creates a kind of rule that requires one figure of a column to lie between bounds. Without values it passes. */
export function figureKind(kind: string, word: string, measureOf: (of: Expression) => MeasureFunction) {
  return ruleKind(kind, {
    options: LIMITS,
    problem: limitsProblem,
    make: ({ column, ...limits }) => figureParts(column, { word, fn: measureOf(columnOf(column)), ...limits }),
  })
}

/** A measure without a name. */
export type MeasureFunction = { readonly fn: 'sum' | 'avg'; readonly of: Expression } | QuantileFunction
interface QuantileFunction {
  readonly fn: 'quantile'
  readonly of: Expression
  readonly q: number
}

export function figureParts(
  column: string,
  { word, fn, min, max }: Limits & { readonly word: string; readonly fn: MeasureFunction },
): RuleParts {
  const figure: Measure = { as: 'figure', ...fn }
  return {
    columns: [column],
    description: `the ${word} of ${column} is ${between(min, max)}`,
    check: {
      kind: 'table',
      measures: [figure, { as: 'values', fn: 'count', of: columnOf(column) }],
      judge([figures]) {
        const observed = figures?.figure ?? null
        const value = Number(observed)
        const lies = value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY)
        return {
          passed: observed === null || lies,
          observed,
          checkedRows: Number(figures?.values ?? 0),
          failingRows: 0,
        }
      },
    },
  }
}
