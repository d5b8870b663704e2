import type { Row, Value } from '../column/column-type.ts'
import type { RuleSeverity } from './severity.ts'

/** The verdict of a check: `notJudged` if there was nothing to check, which is neither good nor bad. */
export type Verdict = 'passed' | 'failed' | 'notJudged'

/** Returns the overall verdict: `failed` if one failed; verdicts of `notJudged` do not change that of the others. */
export function overallVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('failed')) return 'failed'
  return verdicts.includes('passed') ? 'passed' : 'notJudged'
}

/** The result of checking rows against a set of rules. */
export interface QualityResult {
  /** The overall verdict: `notJudged` if no rule had anything to check, such as when there are no rows or no rules. */
  readonly verdict: Verdict
  /** True if no rule failed. Also true if nothing was checked; {@link QualityResult.verdict} distinguishes the two. */
  readonly qualityPassed: boolean
  /** Share of rows that pass every rule of severity `error`, in percent, named as in the log's column `validation_rate`. 100 if there are no rows. */
  readonly validationRate: number
  /** True if `minValidationRate` and `maxInvalidRowsPercent` are met. */
  readonly thresholdMet: boolean
  readonly validRows: number
  readonly invalidRows: number
  /** The names of the rules, in order. */
  readonly validationRulesApplied: readonly string[]
  /** The outcomes of rules that failed. */
  readonly failures: readonly RuleOutcome[]
  /** The outcomes of all rules, in order. */
  readonly outcomes: readonly RuleOutcome[]
  /** The mean of the pass rates of all rules, in percent; a rule of severity `error` weighs as much as three of severity `warning`. */
  readonly scorePercent: number
  readonly durationMs: number
}

export interface RuleOutcome {
  readonly rule: string
  readonly columns: readonly string[]
  readonly severity: RuleSeverity
  /** The verdict: `notJudged` if the rule had nothing to check. */
  readonly verdict: Verdict
  /** True if the rule did not fail. Also true if nothing was checked. */
  readonly passed: boolean
  /** Number of rows that the rule checked. */
  readonly checkedRows: number
  readonly failingRows: number
  /** The share `failingRows / checkedRows`, 0-1. */
  readonly failingShare: number
  /** The figure that a table rule computed, such as a mean or a count. */
  readonly observed?: Value | undefined
  /** A limited number of failing rows, with the columns of the rule and the keys of the row. */
  readonly examples: readonly Row[]
  /** The most frequent unexpected values. */
  readonly unexpectedValues: readonly { readonly value: Value; readonly count: number }[]
  readonly description: string
  /** A remark for the reader, such as that rows were left out. */
  readonly note?: string | undefined
}
