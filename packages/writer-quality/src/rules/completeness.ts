import { column as columnOf } from '@forge/writer-core'
import { z } from 'zod'
import { isEnough, type Rule, type RuleOptions } from '../rule.ts'
import { COLUMN, ruleKind } from '../rule-kind.ts'

export interface CompletenessOptions extends RuleOptions {
  /** The minimum share of rows with a value, 0-1. */
  readonly min: number
}

/**
 * Requires that enough rows have a value in the column; it counts nulls. Without rows it passes. In Great Expectations, the share of no rows is 0, so
 * the rule fails.
 */
export function completeness<const Column extends string>(column: Column, options: CompletenessOptions): Rule<Column> {
  return COMPLETENESS.make(options, { column })
}

export const COMPLETENESS = ruleKind('completeness', {
  options: { column: COLUMN, min: z.number().min(0).max(1) },
  make: ({ column, min }) => ({
    columns: [column],
    description: `${column} has a value in a share of at least ${min} of the rows`,
    check: {
      kind: 'table',
      measures: [
        { as: 'rows', fn: 'count' },
        { as: 'values', fn: 'count', of: columnOf(column) },
      ],
      judge([figures]) {
        const checkedRows = Number(figures?.rows ?? 0)
        const values = Number(figures?.values ?? 0)
        const failingRows = checkedRows - values
        return {
          passed: isEnough(checkedRows, failingRows, min),
          observed: checkedRows === 0 ? null : values / checkedRows,
          checkedRows,
          failingRows,
        }
      },
    },
  }),
})
