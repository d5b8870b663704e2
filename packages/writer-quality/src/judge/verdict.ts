import type { QualityResult, RuleOutcome } from '@forge/writer-core'
import type { BoundRule } from './bind-rules.ts'

/** The thresholds of invalid rows, in percent, 0-100; undefined: no limit. */
export interface Thresholds {
  readonly minValidationRate?: number | undefined
  readonly maxInvalidRowsPercent?: number | undefined
}

export interface Judged {
  readonly bound: readonly BoundRule[]
  readonly outcomes: readonly RuleOutcome[]
  readonly rows: number
  readonly invalidRows: number
  readonly durationMs: number
}

/**
 * Sums up the outcomes. If thresholds are set, they decide for the rules on rows together, so that a few invalid rows may pass. A rule that states
 * its own share (`mostly` below 1), or is about all rows together, always decides alone. Without thresholds every rule of severity `error` decides.
 */
export function verdictOf(
  { bound, outcomes, rows, invalidRows, durationMs }: Judged,
  thresholds: Thresholds,
): QualityResult {
  const { minValidationRate, maxInvalidRowsPercent } = thresholds
  const validRows = rows - invalidRows
  const validationRate = percent(validRows, rows, 100)
  const isRateMet = validationRate >= (minValidationRate ?? 0)
  const thresholdMet = isRateMet && percent(invalidRows, rows, 0) <= (maxInvalidRowsPercent ?? 100)
  const hasThreshold = minValidationRate !== undefined || maxInvalidRowsPercent !== undefined
  const decides = ({ kind, rule }: BoundRule) =>
    rule.severity === 'error' && (!hasThreshold || kind === 'table' || rule.mostly < 1)
  const isBroken = outcomes.some(({ passed }, at) => {
    const each = bound[at]
    return !passed && each !== undefined && decides(each)
  })
  const qualityPassed = thresholdMet && !isBroken
  const isJudged = outcomes.some(({ verdict }) => verdict !== 'notJudged')
  return {
    verdict: qualityPassed ? (isJudged ? 'passed' : 'notJudged') : 'failed',
    qualityPassed,
    validationRate,
    thresholdMet,
    validRows,
    invalidRows,
    validationRulesApplied: outcomes.map(({ rule }) => rule),
    failures: outcomes.filter(({ passed }) => !passed),
    outcomes,
    scorePercent: scoreOf(outcomes),
    durationMs,
  }
}

// It multiplies first: 57 of 100 are 57 %, not 56.99999999999999.
function percent(part: number, whole: number, otherwise: number): number {
  return whole === 0 ? otherwise : (part * 100) / whole
}

const WEIGHTS = { error: 3, warning: 1 } as const

/** Returns the mean of the rules' pass rates in percent; an error weighs as much as three warnings. */
function scoreOf(outcomes: readonly RuleOutcome[]): number {
  let [weights, sum] = [0, 0]
  for (const { severity, passed, failingShare, failingRows } of outcomes) {
    const rate = !passed && failingRows === 0 ? 0 : 1 - failingShare
    weights += WEIGHTS[severity]
    sum += WEIGHTS[severity] * rate
  }
  return weights === 0 ? 100 : (sum * 100) / weights
}
