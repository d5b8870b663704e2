import type { QualityResult, RuleOutcome } from '@forge/writer-core'
import { countText, percentText, valueText } from '../output/format.ts'

/** `ok`, `warn`, `FAIL` or `not judged`. */
export function wordOf({ verdict, passed, severity }: RuleOutcome): string {
  if (verdict === 'notJudged') return 'not judged'
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

/** Why a rule was not judged. */
export function notJudgedText({ description, checkedRows }: RuleOutcome): string {
  return `not judged, as there was nothing to judge ${checkedRows === 0 ? 'it on' : 'it by'}: ${description}`
}

/** The verdict in words. */
export function headlineOf({ verdict }: QualityResult): string {
  return { passed: 'quality holds', failed: 'quality does not hold', notJudged: 'nothing was judged' }[verdict]
}

/** One line of what was found. */
export function verdictText({
  verdict,
  outcomes,
  failures,
  validRows,
  invalidRows,
  validationRate,
  score,
}: QualityResult): string {
  const rows = validRows + invalidRows
  const notJudged = outcomes.filter(({ verdict }) => verdict === 'notJudged').length
  return [
    `${outcomes.length - failures.length - notJudged} of ${outcomes.length} rules hold`,
    ...(notJudged > 0 ? [`${notJudged} had nothing to judge`] : []),
    ...(rows > 0 ? [`${percentText(validationRate)} of ${countText(rows)} rows are valid`] : ['there are no rows']),
    ...(verdict === 'notJudged' ? [] : [`score ${Number(score.toFixed(1))} of 100`]),
  ].join('; ')
}
