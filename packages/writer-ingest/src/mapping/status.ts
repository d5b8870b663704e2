import type { Status } from '@forge/writer-core'
import { shownNames } from './shown-names.ts'

/**
 * Status words of dbt Core 0.19 to 2, GitHub, OpenLineage, Airflow, Dagster, Prefect, JUnit, pytest and of schedulers, in the form of {@link
 * plainWord}.
 */
const WORDS: Readonly<Record<Status, readonly string[]>> = {
  success: [
    ...['success', 'succeed', 'succeeded', 'successful', 'ok', 'okay', 'pass', 'passed', 'testpassed', 'neutral'],
    ...['complete', 'completed', 'finished', 'done', 'xfail', 'xfailed'],
  ],
  warn: [
    'warn',
    'warned',
    'warning',
    'warnings',
    'testwarned',
    'unstable',
    'completedwithwarnings',
    'xpass',
    'xpassed',
  ],
  failed: ['fail', 'failed', 'failure', 'failing', 'testfailed', 'notok'],
  error: [
    ...['error', 'errored', 'errors', 'runtimeerror', 'internalerror', 'systemerror', 'exception', 'fatal', 'invalid'],
    ...['partialsuccess', 'partiallysucceeded', 'crash', 'crashed', 'broken', 'startupfailure', 'actionrequired'],
  ],
  timeout: ['timeout', 'timedout', 'timelimitexceeded', 'expired'],
  cancelled: [
    ...['cancel', 'cancelled', 'canceled', 'cancelling', 'canceling', 'abort', 'aborted', 'killed', 'stopped'],
    ...['terminated', 'interrupted', 'revoked', 'shutdown', 'stale', 'superseded'],
  ],
  skipped: ['skip', 'skipped', 'excluded', 'ignored', 'disabled', 'notrun', 'notselected', 'removed'],
  upstream_failed: ['upstreamfailed', 'skippedupstreamfailed', 'skippedduetofailure', 'blocked'],
  noop: [
    ...['noop', 'reused', 'reusednochanges', 'reusedstillfresh', 'reusedstillfreshnochanges', 'skippedupstreamreused'],
    ...['cached', 'fromcache', 'uptodate', 'nochange', 'nochanges', 'unchanged'],
  ],
  lost: ['lost', 'zombie'],
  unknown: ['unknown'],
}

const STATUS_OF: ReadonlyMap<string, Status> = new Map(
  Object.entries(WORDS).flatMap(([status, words]) => words.map((word) => [word, status as Status])),
)

/** Returns a word in lower case without spaces, hyphens and underscores, which tools write differently. */
export function plainWord(word: string): string {
  return word.toLowerCase().replaceAll(/[\s_-]+/g, '')
}

export interface StatusReader {
  /** Returns the status that a word names, `unknown` if it is missing or not recognized. */
  read(word: string | null | undefined): Status
  /** Returns a warning for each unknown word, with the number of its occurrences. */
  warnings(): string[]
}

/** Creates a reader of the status words of one run or file. `own` are words, in plain form, that this source uses in another sense. */
export function statusReader(own: Readonly<Record<string, Status>> = {}): StatusReader {
  const unknown = new Map<string, number>()
  return {
    read(word) {
      const plain = plainWord(word ?? '')
      const status = Object.hasOwn(own, plain) ? own[plain] : STATUS_OF.get(plain)
      if (status === undefined) {
        const shown = shownNames([word ?? ''])
        if (unknown.size < MAX_WORDS || unknown.has(shown)) unknown.set(shown, (unknown.get(shown) ?? 0) + 1)
      }
      return status ?? 'unknown'
    },
    warnings() {
      const words = [...unknown].map(
        ([word, count]) =>
          `status ${JSON.stringify(word)} (${count} times) is not known: it counts neither as a success nor as a failure`,
      )
      const more = words.length - MAX_WARNINGS
      return more <= 0 ? words : [...words.slice(0, MAX_WARNINGS), `${more} more statuses are not known`]
    },
  }
}

const MAX_WARNINGS = 20
/** Further words are not counted. */
const MAX_WORDS = 1000
