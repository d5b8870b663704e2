/** What a check says: `notJudged` when there was nothing to judge, which is neither good nor bad. */
export type Verdict = 'passed' | 'failed' | 'notJudged'

/** Returns the verdict on several: one that failed decides, and what was not judged says nothing of the others. */
export function overallVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('failed')) return 'failed'
  return verdicts.includes('passed') ? 'passed' : 'notJudged'
}
