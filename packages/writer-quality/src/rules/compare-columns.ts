import { and, type ComparisonOperator, column, isNotNull } from '@forge/writer-core'
import { z } from 'zod'
import type { RowRuleOptions, Rule } from '../rule.ts'
import { COLUMN, MOSTLY, ruleKind } from '../rule-kind.ts'

export interface CompareOptions<Column extends string = string> extends RowRuleOptions {
  readonly operator: ComparisonOperator
  /** The column on the right of the operator. */
  readonly other: Column
}

/**
 * Requires that two columns of a row compare in this way. A row with a null in one of them passes unjudged, as in Great Expectations with
 * `ignore_row_if: either_value_is_missing`. By default, a null on one side fails there.
 */
export function compareColumns<const Column extends string>(
  columnName: Column,
  options: CompareOptions<Column>,
): Rule<Column> {
  return COMPARE_COLUMNS.make(options, { column: columnName })
}

export const COMPARE_COLUMNS = ruleKind('compareColumns', {
  options: { column: COLUMN, operator: z.enum(['=', '!=', '<', '<=', '>', '>=']), other: COLUMN, ...MOSTLY },
  make: ({ column: left, operator, other: right }) => ({
    columns: [left, right],
    name: `compareColumns(${left} ${operator} ${right})`,
    description: `${left} ${operator} ${right}`,
    check: {
      kind: 'row',
      passes: { op: 'compare', operator, left: column(left), right: column(right) },
      applies: and(isNotNull(left), isNotNull(right)),
    },
  }),
})
