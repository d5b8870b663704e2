import { describePredicate, type Predicate } from '@forge/writer-core'
import { predicateColumns } from '@forge/writer-core/storage'
import { predicateSchema } from '../predicate-schema.ts'
import type { RowRuleOptions, Rule } from '../rule.ts'
import { MOSTLY, ruleKind } from '../rule-kind.ts'

/**
 * Requires a condition, given as a predicate or as SQL: `duration_secs >= 0 AND duration_secs <= 3600`. As in a CHECK of SQL, a row passes if the
 * condition is true or unknown: a null in a comparison passes.
 */
export function expression(condition: string | Predicate, options: RowRuleOptions = {}): Rule {
  return EXPRESSION.make(options, { expression: condition })
}

export const EXPRESSION = ruleKind('expression', {
  options: { expression: predicateSchema, ...MOSTLY },
  make: ({ expression: passes }) => {
    const text = describePredicate(passes)
    return {
      columns: predicateColumns(passes),
      name: text.slice(0, 300),
      description: text.slice(0, 2000),
      check: { kind: 'row', passes },
    }
  },
})
