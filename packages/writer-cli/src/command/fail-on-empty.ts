import type { Verdict } from '@forge/writer-core'
import { EXIT } from './exit-code.ts'
import { toggle } from './option.ts'

/** The option of checks that decides whether they fail if there is nothing to check, which in a CI job is most likely a mistake. */
export const FAIL_ON_EMPTY = toggle('Also exit with 3 if nothing was judged; on by default if CI is set')

interface Judgement {
  readonly verdict: Verdict
  /** The value of the option; undefined if it was not given. */
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
