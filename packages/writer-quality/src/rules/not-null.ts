import { isNotNull } from '@forge/writer-core'
import type { RowRuleOptions, Rule } from '../rule.ts'
import { COLUMN, MOSTLY, ruleKind } from '../rule-kind.ts'

/** Requires a value. Only null fails: NaN is a value, while Great Expectations, on pandas, treats it as missing. */
export function notNull<const Column extends string>(column: Column, options: RowRuleOptions = {}): Rule<Column> {
  return NOT_NULL.make(options, { column })
}

export const NOT_NULL = ruleKind('notNull', {
  options: { column: COLUMN, ...MOSTLY },
  make: ({ column }) => ({
    columns: [column],
    description: `${column} is not null`,
    check: { kind: 'row', passes: isNotNull(column) },
  }),
})
