import { messageIdOf, type OutboxEntry } from '../outbox/outbox-entry.ts'

/** The messages to send now, each a list of entries, and the time at which to look at the others again. */
export interface MessagePlan {
  readonly messages: readonly (readonly OutboxEntry[])[]
  readonly heldUntilMs: number | undefined
}

export interface PlanContext {
  readonly nowMs: number
  /** The times of the messages of the last hour, oldest first. */
  readonly sentMs: readonly number[]
  /** The number of messages that may still be sent in this hour. */
  readonly budget: number
  /** True if nothing is held back in order to gather more. */
  readonly isFinal: boolean
}

/** The number of single messages, at once and per minute, beyond which one message summarizes the rest. */
const MAX_SINGLE = 10
/** The maximum number of alerts in one message. */
const MAX_ALERTS = 500
/** The age from which an alert is about history that was recorded later. */
const HISTORY_MS = 24 * 3_600_000
/** The time for which alerts about history are gathered before they are summarized. */
const GATHER_MS = 30_000
const BURST_MS = 60_000

/**
 * Splits the due entries into messages: one for each alert, one that summarizes history, and one for everything if there are many. A message that may
 * have been received, because the process that sent it died, remains the same message. The entries with the fewest attempts come first, so that no
 * message blocks the others.
 */
export function planMessages(due: readonly OutboxEntry[], context: PlanContext): MessagePlan {
  const { nowMs, sentMs, budget, isFinal } = context
  const lapsed = groups(due.filter(({ claimedBy }) => claimedBy !== null))
  const free = due.filter(({ claimedBy }) => claimedBy === null)
  const repeated = groups(free.filter(({ attempts }) => attempts > 0))
  const fresh = free.filter(({ attempts }) => attempts === 0)
  const history = fresh.filter(isHistory)
  const current = fresh.filter((entry) => !isHistory(entry))
  const burst = sentMs.filter((ms) => ms > nowMs - BURST_MS)
  const burstEndMs = burst.length >= MAX_SINGLE ? (burst.at(-MAX_SINGLE) ?? 0) + BURST_MS : 0
  const isBurst = !isFinal && current.length > 0 && nowMs < burstEndMs
  const gatherEndMs = Math.max(0, ...history.map(({ createdAt }) => createdAt.getTime() + GATHER_MS))
  const isGathering = !isFinal && history.length > 0 && nowMs < gatherEndMs
  const now = [...(isBurst ? [] : current.map((entry) => [entry])), ...(isGathering ? [] : chunks(history))]
  const wanted = [...now, ...repeated]
  const singles = Math.min(Math.max(0, budget - lapsed.length), Math.max(1, MAX_SINGLE - burst.length))
  const isMany = wanted.length > singles || nowMs < burstEndMs
  const messages = isMany ? chunks(wanted.flat()) : wanted
  const held = [...(isBurst ? [burstEndMs] : []), ...(isGathering ? [gatherEndMs] : [])]
  return {
    messages: [...lapsed, ...messages].sort(byAttempts),
    heldUntilMs: held.length > 0 ? Math.min(...held) : undefined,
  }
}

/** Returns the two halves of a message, to find the alert that prevents it from being accepted. */
export function halves(entries: readonly OutboxEntry[]): OutboxEntry[][] {
  const middle = Math.ceil(entries.length / 2)
  return [entries.slice(0, middle), entries.slice(middle)].filter(({ length }) => length > 0)
}

function isHistory({ alert, createdAt }: OutboxEntry): boolean {
  return createdAt.getTime() - Date.parse(alert.occurredAt) > HISTORY_MS
}

/** Groups entries by the message that last contained them. */
function groups(entries: readonly OutboxEntry[]): OutboxEntry[][] {
  const found = new Map<string, OutboxEntry[]>()
  for (const entry of entries) {
    const id = entry.messageId ?? messageIdOf([entry])
    const group = found.get(id)
    if (group) group.push(entry)
    else found.set(id, [entry])
  }
  return [...found.values()]
}

function chunks(entries: readonly OutboxEntry[]): OutboxEntry[][] {
  const parts: OutboxEntry[][] = []
  for (let at = 0; at < entries.length; at += MAX_ALERTS) parts.push(entries.slice(at, at + MAX_ALERTS))
  return parts
}

function byAttempts(a: readonly OutboxEntry[], b: readonly OutboxEntry[]): number {
  return attemptsOf(a) - attemptsOf(b)
}

function attemptsOf(entries: readonly OutboxEntry[]): number {
  return entries.reduce((most, { attempts }) => Math.max(most, attempts), 0)
}
