import type { Verdict } from '@forge/writer-core'
import { EXIT } from './exit-code.ts'
import { toggle } from './option.ts'

/** A check over nothing says nothing; in a build that is most likely a mistake. */
export const FAIL_ON_EMPTY = toggle('Exit with 3 also when nothing was judged; on by default when CI is set')

interface Judgement {
  readonly verdict: Verdict
  /** As it was given. */
  readonly failOnEmpty: boolean | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Returns the exit code of a check. */
export function exitOfVerdict({ verdict, failOnEmpty, env }: Judgement): number {
  if (verdict === 'failed') return EXIT.breach
  return verdict === 'notJudged' && (failOnEmpty ?? isBuild(env)) ? EXIT.breach : EXIT.ok
}

function isBuild({ CI = '' }: Judgement['env']): boolean {
  return !['', '0', 'false', 'no'].includes(CI.toLowerCase())
}
