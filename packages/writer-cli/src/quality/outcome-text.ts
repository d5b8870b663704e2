import type { QualityResult, RuleOutcome } from '@forge/writer-core'
import { countText, percentText, valueText } from '../output/format.ts'

/** Returns `ok`, `warning`, `FAIL` or `not judged`. */
export function wordOf({ verdict, passed, severity }: RuleOutcome): string {
  if (verdict === 'notJudged') return 'not judged'
  if (passed) return 'ok'
  return severity === 'warning' ? 'warning' : 'FAIL'
}

/**
 * Returns why a rule fails, such as `12 of 4,000: duration_secs is at most 300`, with the observed figure and the most frequent values if there are
 * any.
 */
export function failureText({
  description,
  checkedRows,
  failingRows,
  observed,
  unexpectedValues,
}: RuleOutcome): string {
  const rows = failingRows > 0 ? `${countText(failingRows)} of ${countText(checkedRows)}: ` : ''
  const figure = observed === undefined || observed === null ? '' : ` (observed ${valueText(observed)})`
  const values = unexpectedValues
    .filter(({ value }) => value !== null)
    .slice(0, 5)
    .map(({ value, count }) => `${valueText(value)} x${countText(count)}`)
  return `${rows}${description}${figure}${values.length > 0 ? `; unexpected: ${values.join(', ')}` : ''}`
}

/** Returns why a rule was not judged. */
export function notJudgedText({ description, checkedRows }: RuleOutcome): string {
  return `not judged, no ${checkedRows === 0 ? 'rows to check' : 'figures to compare with'}: ${description}`
}

/** Returns the verdict in words. */
export function headlineOf({ verdict }: QualityResult): string {
  return { passed: 'quality check passed', failed: 'quality check failed', notJudged: 'nothing was judged' }[verdict]
}

/** Returns the figures of a check in one line. */
export function verdictText({
  verdict,
  outcomes,
  failures,
  validRows,
  invalidRows,
  validationRate,
  scorePercent,
}: QualityResult): string {
  const rows = validRows + invalidRows
  const notJudged = outcomes.filter((outcome) => outcome.verdict === 'notJudged').length
  return [
    `${outcomes.length - failures.length - notJudged} of ${outcomes.length} rules passed`,
    ...(notJudged > 0 ? [`${notJudged} not judged`] : []),
    ...(rows > 0 ? [`${percentText(validationRate)} of ${countText(rows)} rows are valid`] : ['no rows']),
    ...(verdict === 'notJudged' ? [] : [`score ${Number(scorePercent.toFixed(1))} of 100`]),
  ].join('; ')
}
