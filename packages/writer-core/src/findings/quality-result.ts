import type { Row, Value } from '../log/row.ts'
import type { Verdict } from './verdict.ts'

/** What a set of rules says of rows. */
export interface QualityResult {
  /** `notJudged` when no rule had anything to judge, such as without rows or without rules. */
  readonly verdict: Verdict
  /** Whether nothing is wrong: also when nothing was judged, which {@link QualityResult.verdict} tells apart. */
  readonly qualityPassed: boolean
  /** Share of rows that pass every rule of severity `error`, 0-100. 100 for no rows. */
  readonly validationRate: number
  /** Whether `minValidationRate` and `maxInvalidRowsPercent` hold. */
  readonly thresholdMet: boolean
  readonly validRows: number
  readonly invalidRows: number
  /** Names of the rules, in order. */
  readonly validationRulesApplied: readonly string[]
  /** The rules that did not hold. */
  readonly failures: readonly RuleOutcome[]
  /** Every rule, in order. */
  readonly outcomes: readonly RuleOutcome[]
  /** 0-100: the rules' pass rates, `error` weighing more than `warn`. */
  readonly score: number
  readonly durationMs: number
}

export interface RuleOutcome {
  readonly rule: string
  readonly columns: readonly string[]
  readonly severity: 'warn' | 'error'
  /** `notJudged` when the rule had nothing to judge. */
  readonly verdict: Verdict
  /** Whether nothing is wrong: also when nothing was judged. */
  readonly passed: boolean
  /** Rows that the rule judged. */
  readonly checkedRows: number
  readonly failingRows: number
  /** `failingRows / checkedRows`, 0-1. */
  readonly failingRate: number
  /** The figure of a rule on the whole table, such as a mean or a count. */
  readonly observed?: Value
  /** Up to a limit of failing rows, with the columns of the rule and the keys of the row. */
  readonly examples: readonly Row[]
  /** The most frequent unexpected values. */
  readonly unexpectedValues: readonly { readonly value: Value; readonly count: number }[]
  readonly description: string
  /** What a reader should know besides, such as rows that were left out. */
  readonly note?: string
}
