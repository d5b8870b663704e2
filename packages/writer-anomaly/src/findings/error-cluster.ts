import { createHash } from 'node:crypto'
import { DAY_MS } from '@forge/writer-core/storage'
import { logCountTail } from '../probability/distributions.ts'
import { scoreOfLogTail } from '../probability/normal-tail.ts'
import { makeAnomaly, placeOf } from './make-anomaly.ts'
import type { ErrorMemory, StepFinding } from './step-finding.ts'
import { nameOf } from './wording.ts'

/** The minimum number of rows in the log before an error can be new. */
const MIN_ROWS = 100
const WEEK_MS = 7 * DAY_MS
/** The minimum age of a log, in weeks, from which its usual errors are known. */
const MIN_WEEKS = 3
/** The number of weeks over which a kind of error is counted. */
const KEPT_WEEKS = 5
/** The number of failures of one kind in a week that is reported if chance does not explain it. */
const BURST = 5
const LOG_P = -4
/** The maximum probability of a new kind of error for which one is surprising. */
const MAX_NEW = 0.2
const MAX_LENGTH = 120

/** Finds a kind of error that the log has never shown, or one that suddenly comes often. */
export const errorCluster: StepFinding = {
  find({ row, errors, nowMs }) {
    if (row.success || row.error === null || errors.rows < MIN_ROWS) return undefined
    const signature = errorSignature(row.error)
    const seen = errors.kinds.get(keyOf(signature))
    const ageMs = row.timeMs - (errors.firstMs ?? row.timeMs)
    if (!seen && ageMs >= MIN_WEEKS * WEEK_MS && isUnlikelyNew(errors))
      return newCluster('new', `${nameOf(row)} failed with an error that was never seen before: ${shorten(signature)}`)
    if (!seen || ageMs < KEPT_WEEKS * WEEK_MS) return undefined
    const week = seen.recent.filter((time) => time > row.timeMs - WEEK_MS).length + 1
    const perWeek = (seen.recent.length - week + 1) / (KEPT_WEEKS - 1)
    if (week !== BURST || logCountTail(BURST, perWeek + 0.25, 0) > LOG_P) return undefined
    return newCluster(
      'burst',
      `${BURST} failures in a week, ${nameOf(row)} among them, with the error: ${shorten(signature)}`,
    )

    function newCluster(kind: 'new' | 'burst', description: string) {
      return makeAnomaly(placeOf(row), {
        type: 'error_cluster',
        metric: 'error_signature',
        detector: kind === 'new' ? 'new-signature' : 'signature-share',
        severity: 'warning',
        description,
        nowMs,
        value: kind === 'new' ? 1 : BURST,
        expected: 0,
        z: null,
        score: scoreOfLogTail(-Math.log10(errors.rows + 1)),
      })
    }
  },
}

/**
 * Returns whether a new kind of error was unlikely, estimated from the number of kinds seen only once (Good and Turing): a log that has shown few
 * failures has not shown its usual ones yet.
 */
function isUnlikelyNew({ kinds }: ErrorMemory): boolean {
  let failures = 0
  let single = 0
  for (const { count } of kinds.values()) {
    failures += count
    if (count === 1) single++
  }
  return (single + 1) / (failures + 1) <= MAX_NEW
}

/** Returns the error in lower case without what differs from one to the next: quoted text, numbers, ids, paths, times. */
export function errorSignature(message: string): string {
  return message
    .slice(0, 2000)
    .toLowerCase()
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, '<text>')
    .replaceAll(/(?:[a-z0-9+]+:\/\/|\/)[^\s,;)]+/g, '<path>')
    .replaceAll(/\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{6,}\b/g, '<id>')
    .replaceAll(/\d[\d.,:_-]*/g, '<n>')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Returns the hash of a signature. Signatures may be long, and hold text that need not be remembered. */
function keyOf(signature: string): string {
  return createHash('sha256').update(signature).digest('hex').slice(0, 16)
}

function shorten(signature: string): string {
  return signature.length > MAX_LENGTH ? `${signature.slice(0, MAX_LENGTH)}…` : signature
}

/** Counts an error, and forgets the times of those before the last weeks. */
export function rememberError(errors: ErrorMemory, message: string, timeMs: number): void {
  const key = keyOf(errorSignature(message))
  const seen = errors.kinds.get(key) ?? { count: 0, recent: [] }
  seen.count++
  seen.recent.push(timeMs)
  while ((seen.recent[0] ?? timeMs) < timeMs - KEPT_WEEKS * WEEK_MS) seen.recent.shift()
  errors.kinds.set(key, seen)
}
