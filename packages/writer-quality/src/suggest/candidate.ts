import type { RuleSpec } from '../rule-from-spec.ts'

/** A rule that the history supports, before it is tried on the table. */
export interface Candidate {
  readonly spec: RuleSpec
  /** The evidence for the rule, in one line. */
  readonly evidence: string
  /** The purpose: only the first candidate of a purpose that holds is suggested. Default: a purpose of its own. */
  readonly purpose?: string | undefined
}

/** A rule that the history supports. */
export interface SuggestedRule {
  readonly spec: RuleSpec
  /** The evidence for the rule, in one line. */
  readonly evidence: string
  /** The share that failed of what it judged in the history. */
  readonly failingShare: number
}

/** The minimum number of rows or runs that supports a rule. */
export const MIN_ROWS = 30

/** Returns a condition of a rule file such as `name = 'it''s'`. */
export function equals(column: string, value: string): string {
  return `${column} = '${value.replaceAll("'", "''")}'`
}
