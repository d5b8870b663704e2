import { isIn, isNotNull } from '@forge/writer-core'
import { z } from 'zod'
import type { RowRuleOptions, Rule } from '../rule.ts'
import { COLUMN, MOSTLY, ruleKind } from '../rule-kind.ts'

export interface OneOfOptions extends RowRuleOptions {
  /** The values there may be, at least one. */
  readonly values: readonly (string | number | bigint | boolean)[]
}

/** The value is one of a list. Null passes unjudged; NaN is judged, where Great Expectations, on pandas, takes it for missing. */
export function oneOf<const Column extends string>(column: Column, options: OneOfOptions): Rule<Column> {
  return ONE_OF.make({ ...options, column })
}

const value = z.union([z.string(), z.number(), z.bigint(), z.boolean()])

export const ONE_OF = ruleKind('oneOf', {
  options: { column: COLUMN, values: z.array(value).min(1).max(10_000), ...MOSTLY },
  make: ({ column, values }) => ({
    columns: [column],
    description: `${column} is one of ${listed(values)}`,
    check: { kind: 'row', passes: isIn(column, values), applies: isNotNull(column) },
  }),
})

const MOST_LISTED = 10

function listed(values: readonly unknown[]): string {
  const rest = values.length - MOST_LISTED
  return `${values.slice(0, MOST_LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`.slice(0, 500)
}
