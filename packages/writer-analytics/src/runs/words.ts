import type { DifferenceKind } from './run-differences.ts'
import type { RunOutcome } from './run-page.ts'

/** The signs of outcomes, so that lists of runs can be read without colours. */
export const OUTCOME_MARKS: Readonly<Record<RunOutcome | 'missed', string>> = {
  succeeded: '✓',
  failed: '✗',
  unknown: '?',
  missed: '·',
}

/** The words for kinds of differences between two runs. */
export const DIFFERENCE_WORDS: Readonly<Record<DifferenceKind, string>> = {
  broken: 'broken',
  stillFails: 'still fails',
  didNotRun: 'did not run',
  gone: 'gone',
  new: 'new',
  lessValid: 'less valid',
  slower: 'slower',
  fewerRows: 'fewer rows',
  repaired: 'repaired',
  moreRows: 'more rows',
  faster: 'faster',
}

/** The outcomes of runs. */
export const RUN_OUTCOMES = ['succeeded', 'failed', 'unknown'] as const satisfies readonly RunOutcome[]

/** Returns the outcome for a value of the column `success`. */
export function outcomeOf(success: boolean | null): RunOutcome {
  if (success === null) return 'unknown'
  return success ? 'succeeded' : 'failed'
}
