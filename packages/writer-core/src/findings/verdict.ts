/** The verdict of a check: `notJudged` if there was nothing to check, which is neither good nor bad. */
export type Verdict = 'passed' | 'failed' | 'notJudged'

/** Returns the overall verdict: `failed` if one failed; verdicts of `notJudged` do not change that of the others. */
export function overallVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('failed')) return 'failed'
  return verdicts.includes('passed') ? 'passed' : 'notJudged'
}
