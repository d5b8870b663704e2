import { HOUR_MS } from '@forge/writer-core/storage'
import type { Outbox } from '../outbox/outbox.ts'
import { keyOf, type OutboxEntry } from '../outbox/outbox-entry.ts'
import { ownerText } from '../outbox/process-identity.ts'
import { backoffMs, type CourierOptions, type CourierState, dueMs, hourlyBudget, isTaken } from './courier-state.ts'
import { halves, planMessages } from './plan-messages.ts'
import { settleEntries } from './settle-entries.ts'
import { type Outcome, trySending } from './try-sending.ts'

/** The options of one delivery. */
export interface DeliverOptions {
  /** True to read the outbox even if nothing is known to be pending. */
  readonly look: boolean
  /** True to hold nothing back in order to gather more. */
  readonly isFinal: boolean
  /** True to also send entries that wait for their next attempt, for their sink, or for the end of quiet hours. */
  readonly isForced?: boolean | undefined
}

/** One pass over the messages that are due for a sink. */
export interface DeliveryPass {
  /** Sends the next message; resolves with false if none is left, or the sink is not to be used now. */
  sendNext(): Promise<boolean>
}

/** The number of consecutive failures from which the sink is taken to be down. */
const MAX_FAILURES = 2

interface PassState {
  queue: (readonly OutboxEntry[])[]
  nextClaim: number
  /** True if the sink accepted a message in this pass. */
  isUp: boolean
  failures: number
}

/** Starts a pass: reads the pending entries. Rejects if the outbox cannot be read; {@link DeliveryPass.sendNext} rejects if it cannot be written. */
export async function startPass(
  state: CourierState,
  options: CourierOptions,
  asked: DeliverOptions,
): Promise<DeliveryPass> {
  const outbox = await options.outbox()
  const pass: PassState = { queue: [], nextClaim: 1, isUp: false, failures: 0 }
  const look = async () => {
    const { queue, nextClaim } = await lookAgain(outbox, state, options, asked)
    // A number that was used before is not tried again, even if no entry has it any more.
    Object.assign(pass, { queue, nextClaim: Math.max(nextClaim, pass.nextClaim) })
  }
  await look()
  return {
    async sendNext() {
      const entries = pass.queue.shift()
      if (!entries || (!asked.isForced && hourlyBudget(state, options) <= 0)) return false
      const claimed = await claim(entries, pass.nextClaim, outbox, options)
      pass.nextClaim++
      // Another process has claimed an entry meanwhile: read the rest again.
      if (!claimed) await look()
      else await sendClaimed(claimed, { outbox, state, options, pass })
      return true
    },
  }
}

async function lookAgain(outbox: Outbox, state: CourierState, options: CourierOptions, asked: DeliverOptions) {
  const { isFinal, isForced = false } = asked
  const now = options.now()
  const nowMs = now.getTime()
  const { pending, sentMs, nextClaim } = await outbox.view(options.key, new Date(nowMs - HOUR_MS))
  state.sentMs = sentMs
  state.known = new Map(pending.map((entry) => [keyOf(entry), entry]))
  const isQuiet = !isForced && (options.quietHours?.isQuiet(now) ?? false)
  const due = pending.filter((entry) => {
    // An entry that could not be stored is newer than the stored one.
    if (state.unstored.has(keyOf(entry))) return false
    const { nextTryAt } = entry
    const waitsOnly = isForced && nextTryAt !== null ? { ...entry, nextTryAt: null } : entry
    return dueMs(waitsOnly, options) <= nowMs && (!isQuiet || entry.alert.severity === 'critical')
  })
  const free = due.map((entry) => (isTaken(entry, options) ? entry : { ...entry, claimedBy: null }))
  const budget = isForced ? Math.max(1, hourlyBudget(state, options)) : hourlyBudget(state, options)
  const { messages, heldUntilMs } = planMessages(free, { nowMs, sentMs, budget, isFinal })
  state.heldUntilMs = heldUntilMs
  return { queue: [...messages], nextClaim }
}

async function claim(
  entries: readonly OutboxEntry[],
  number: number,
  outbox: Outbox,
  { owner, now, timeoutMs, takeOverMs, logger, sink }: CourierOptions,
): Promise<OutboxEntry[] | undefined> {
  const at = now()
  const [first] = entries
  const until = new Date(at.getTime() + timeoutMs + takeOverMs)
  const claimed = await outbox.claim(entries, { owner, at, until, number })
  if (claimed && first && first.claimedBy !== null) {
    const by = ownerText(first.claimedBy)
    logger.warn({ sink: sink.name, alerts: entries.length, by }, 'alerts that may have been received are sent again')
  }
  return claimed
}

interface Sending {
  readonly outbox: Outbox
  readonly state: CourierState
  readonly options: CourierOptions
  readonly pass: PassState
}

async function sendClaimed(claimed: readonly OutboxEntry[], { outbox, state, options, pass }: Sending): Promise<void> {
  const { now } = options
  const outcome = await trySending(claimed, { ...options, thread: await threadOf(claimed, outbox, options) })
  const changed = settleEntries(claimed, outcome, {
    ...options,
    backoffMs: (attempts) => backoffMs(attempts, options),
    lastSentMs: state.sentMs.at(-1),
  })
  for (const entry of changed) {
    if (entry.state === 'pending') state.known.set(keyOf(entry), entry)
    else state.known.delete(keyOf(entry))
  }
  report(changed, outcome, options)
  react(changed, outcome, { state, options, pass })
  try {
    const isMine = now() < (claimed[0]?.claimedUntil ?? now())
    await outbox.put(isMine ? changed : await stillMine(changed, outbox))
  } catch (error) {
    options.logger.warn({ sink: options.sink.name, error }, 'the outbox of alerts could not be written')
    for (const entry of changed) state.unstored.set(keyOf(entry), entry)
  }
}

/** Returns the entries that no other process has claimed since the claim lapsed. */
async function stillMine(changed: readonly OutboxEntry[], outbox: Outbox): Promise<OutboxEntry[]> {
  const claims = new Map((await outbox.refresh(changed)).map((entry) => [keyOf(entry), entry.claim]))
  return changed.filter((entry) => claims.get(keyOf(entry)) === entry.claim)
}

/** Decides what comes next in the pass. */
function react(
  changed: readonly OutboxEntry[],
  { state: became, retryAfterMs }: Outcome,
  { state, options, pass }: Omit<Sending, 'outbox'>,
): void {
  const nowMs = options.now().getTime()
  if (became === 'sent') {
    state.failures = 0
    state.waitUntilMs = 0
    state.sentMs = [...state.sentMs, nowMs]
    pass.isUp = true
    return
  }
  const isDigest = changed.length > 1
  const asksForPatience = retryAfterMs !== undefined
  if (became === 'refused' || (pass.isUp && !asksForPatience)) {
    // One of the alerts prevents the message from being accepted: its halves are tried.
    if (isDigest) pass.queue.unshift(...halves(changed))
    return
  }
  pass.failures++
  if (asksForPatience || pass.failures >= MAX_FAILURES) {
    pass.queue = []
    state.failures++
    state.waitUntilMs = nowMs + (retryAfterMs ?? backoffMs(state.failures, options))
    return
  }
  if (!isDigest) return
  // A message with one alert shows whether the sink is down, or refuses one of the alerts.
  const [probe, ...rest] = changed.toReversed()
  if (probe) pass.queue.unshift([probe], rest)
}

async function threadOf([first, ...others]: readonly OutboxEntry[], outbox: Outbox, { sink, key }: CourierOptions) {
  const incident = first?.alert.incident
  if (!sink.hasThreads || others.length > 0 || incident === undefined) return undefined
  const last = await outbox.lastReceipt(key, incident)
  return last?.receipt ? { receipt: last.receipt, alert: last.alert } : undefined
}

/** Reports the alerts that were given up, and those that are pending. */
function report(
  changed: readonly OutboxEntry[],
  { state, reason }: Outcome,
  { logger, sink }: Pick<CourierOptions, 'logger' | 'sink'>,
): void {
  const dead = changed.filter((entry) => entry.state === 'dead').length
  const about = { sink: sink.name, alerts: dead || changed.length, reason }
  if (dead > 0) logger.error(about, 'alerts were given up; they stay in the outbox')
  else if (state !== 'sent') logger.warn(about, 'alerts wait for their sink')
}
