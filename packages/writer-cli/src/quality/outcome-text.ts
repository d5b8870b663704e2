import type { QualityResult, RuleOutcome } from '@forge/writer-core'
import { countText, percentText, valueText } from '../output/format.ts'

/** `ok`, `warn` or `FAIL`. */
export function wordOf({ passed, severity }: RuleOutcome): string {
  if (passed) return 'ok'
  return severity === 'warn' ? 'warn' : 'FAIL'
}

/** Why a rule does not hold: `12 of 4,000 rows: duration_secs is at most 300`, with the figure and the most frequent values where there are some. */
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

/** One line of what was found. */
export function verdictText({
  outcomes,
  failures,
  validRows,
  invalidRows,
  validationRate,
  score,
}: QualityResult): string {
  const rows = validRows + invalidRows
  return [
    `${outcomes.length - failures.length} of ${outcomes.length} rules hold`,
    `${percentText(validationRate)} of ${countText(rows)} rows are valid`,
    `score ${Number(score.toFixed(1))} of 100`,
  ].join('; ')
}
