import type { OutboxEntry } from '../outbox/outbox-entry.ts'
import type { Outcome } from './try-sending.ts'

export interface SettleContext {
  readonly now: () => Date
  readonly giveUpMs: number
  /** Returns the wait after this many attempts. */
  readonly backoffMs: (attempts: number) => number
  /** The time at which the sink last accepted a message, as far as it is known. */
  readonly lastSentMs: number | undefined
}

/** The number of attempts after which an alert is given up if its sink accepted others meanwhile: then the alert is the cause. */
const MAX_ATTEMPTS = 12

/** Returns the entries of a message after its attempt, without their claim. */
export function settleEntries(
  entries: readonly OutboxEntry[],
  outcome: Outcome,
  context: SettleContext,
): OutboxEntry[] {
  const updatedAt = context.now()
  const isAlone = entries.length === 1
  return entries.map((entry): OutboxEntry => {
    const free = { ...entry, updatedAt, claimedBy: null, claimedUntil: null, lastError: outcome.reason }
    if (outcome.state === 'sent') return { ...free, state: 'sent', nextTryAt: null, receipt: outcome.receipt ?? null }
    if (outcome.state === 'refused' && isAlone) return { ...free, state: 'dead', nextTryAt: null }
    const isOver = updatedAt.getTime() - entry.createdAt.getTime() >= context.giveUpMs
    const isPoison =
      isAlone &&
      entry.attempts >= MAX_ATTEMPTS &&
      (context.lastSentMs ?? 0) > (entry.firstTriedAt?.getTime() ?? Number.POSITIVE_INFINITY)
    if (isOver || isPoison) return { ...free, state: 'dead', nextTryAt: null }
    // Entries that were left at closing, or that are tried separately now, need not wait.
    const waits = outcome.state === 'waits' && !outcome.isLeft
    const nextTryAt = waits ? new Date(updatedAt.getTime() + context.backoffMs(entry.attempts)) : null
    return { ...free, nextTryAt }
  })
}
