import { type DoubtedRun, doubtsOf, type RunDoubt } from '@forge/writer-analytics'
import { type Html, html } from '../text/html.ts'

const WORDS: Readonly<Record<RunDoubt, readonly [string, string]>> = {
  clockSuspect: [
    'clock suspect',
    'The run ends later than now or than it was stored, or before it starts: the clock of a machine is wrong.',
  ],
  recordedLate: ['recorded late', 'The run was stored more than a day after it ended.'],
}

export interface DoubtOptions {
  /** Reasons that only the steps show. Default: none. */
  readonly more?: readonly RunDoubt[] | undefined
  /** False to leave out that a run was recorded late, which matters to those who wait for it. Default: true. */
  readonly isAwaited?: boolean | undefined
}

/** Returns marks for the reasons to doubt the times of a run; null without any. */
export function doubtMarks(
  run: DoubtedRun,
  now: string,
  { more = [], isAwaited = true }: DoubtOptions = {},
): Html | null {
  const all = new Set([...doubtsOf(run, new Date(now)), ...more])
  const doubts = [...all].filter((doubt) => isAwaited || doubt !== 'recordedLate')
  if (doubts.length === 0) return null
  return html`${doubts.map((doubt) => html` <span class="kind doubt" title="${WORDS[doubt][1]}">${WORDS[doubt][0]}</span>`)}`
}
