import { isIn, isNotNull } from '@forge/writer-core'
import { z } from 'zod'
import type { RowRuleOptions, Rule } from '../rule.ts'
import { COLUMN, MOSTLY, ruleKind } from '../rule-kind.ts'

export interface OneOfOptions extends RowRuleOptions {
  /** The allowed values, at least one. */
  readonly values: readonly (string | number | bigint | boolean)[]
}

/** Requires a value of a list. Null passes unjudged; NaN is judged, while Great Expectations, on pandas, treats it as missing. */
export function oneOf<const Column extends string>(column: Column, options: OneOfOptions): Rule<Column> {
  return ONE_OF.make(options, { column })
}

const value = z.union([z.string(), z.number(), z.bigint(), z.boolean()])

export const ONE_OF = ruleKind('oneOf', {
  options: { column: COLUMN, values: z.array(value).min(1).max(10_000), ...MOSTLY },
  make: ({ column, values }) => ({
    columns: [column],
    description: `${column} is one of ${listText(values)}`,
    check: { kind: 'row', passes: isIn(column, values), applies: isNotNull(column) },
  }),
})

const MAX_LISTED = 10

function listText(values: readonly unknown[]): string {
  const rest = values.length - MAX_LISTED
  return `${values.slice(0, MAX_LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`.slice(0, 500)
}
