import { z } from 'zod'
import type { Rule, RuleOptions } from '../rule.ts'
import { ruleKind } from '../rule-kind.ts'
import { limitsProblem } from './limits.ts'
import { between } from './range.ts'

export interface RowCountOptions extends RuleOptions {
  /** The minimum number of rows. Default: none. */
  readonly min?: number | undefined
  /** The maximum number of rows. Default: none. */
  readonly max?: number | undefined
}

/** Requires that there are neither too few nor too many rows; nulls count as rows. */
export function rowCount(options: RowCountOptions): Rule<never> {
  return ROW_COUNT.make(options)
}

const rows = z.int().min(0).optional()

export const ROW_COUNT = ruleKind('rowCount', {
  options: { min: rows, max: rows },
  problem: limitsProblem,
  make: ({ min, max }) => ({
    columns: [],
    name: 'rowCount',
    description: `there are ${between(min, max)} rows`,
    check: {
      kind: 'table',
      measures: [{ as: 'rows', fn: 'count' }],
      judge([figures]) {
        const count = Number(figures?.rows ?? 0)
        const passed = count >= (min ?? 0) && count <= (max ?? Number.POSITIVE_INFINITY)
        return { passed, observed: count, checkedRows: count, failingRows: 0, isJudged: true }
      },
    },
  }),
})
