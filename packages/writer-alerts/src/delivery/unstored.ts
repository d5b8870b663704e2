import { keyOf, messageIdOf, type OutboxEntry } from '../outbox/outbox-entry.ts'
import { backoffMs, type CourierOptions, type CourierState, dueMs, hourlyBudget } from './courier-state.ts'
import { planMessages } from './plan-messages.ts'
import { settleEntries } from './settle-entries.ts'
import { trySending } from './try-sending.ts'

/**
 * Stores entries that could not be stored before. If they still cannot, as on a full disk, alerts that only this process knows are sent from memory:
 * an alert need not be stored to be sent.
 */
export async function deliverUnstored(state: CourierState, options: CourierOptions): Promise<void> {
  if (state.unstored.size === 0) return
  try {
    await store(state, options)
  } catch (error) {
    options.logger.warn({ sink: options.sink.name, error }, 'the outbox of alerts could not be written')
    await sendFromMemory(state, options)
  }
}

async function store({ known, unstored }: CourierState, { outbox }: CourierOptions): Promise<void> {
  const entries = [...unstored.values()]
  const box = await outbox()
  const fresh = new Set((await box.add(entries)).map(keyOf))
  await box.put(entries.filter((entry) => !fresh.has(keyOf(entry)) && isNews(entry)))
  for (const entry of entries) {
    unstored.delete(keyOf(entry))
    if (entry.state === 'pending') known.set(keyOf(entry), entry)
    else known.delete(keyOf(entry))
  }
}

/** Returns whether the entry says more than that the alert was raised. */
function isNews({ state, claim }: OutboxEntry): boolean {
  return state !== 'pending' || claim !== null
}

async function sendFromMemory(state: CourierState, options: CourierOptions): Promise<void> {
  const nowMs = options.now().getTime()
  const isQuiet = options.quietHours?.isQuiet(options.now()) ?? false
  // A claimed entry is stored as pending: it waits until it can be claimed again.
  const due = [...state.unstored.values()].filter(
    (entry) => !isNews(entry) && dueMs(entry, options) <= nowMs && (!isQuiet || entry.alert.severity === 'critical'),
  )
  const context = { nowMs, sentMs: state.sentMs, budget: hourlyBudget(state, options), isFinal: true }
  for (const entries of planMessages(due, context).messages) {
    if (options.closing.aborted || hourlyBudget(state, options) <= 0) return
    const messageId = messageIdOf(entries)
    const tried = entries.map((entry) => {
      return { ...entry, messageId, attempts: entry.attempts + 1, firstTriedAt: entry.firstTriedAt ?? options.now() }
    })
    const outcome = await trySending(tried, { ...options, thread: undefined })
    const changed = settleEntries(tried, outcome, {
      ...options,
      backoffMs: (attempts) => backoffMs(attempts, options),
      lastSentMs: state.sentMs.at(-1),
    })
    for (const entry of changed) state.unstored.set(keyOf(entry), entry)
    if (outcome.state === 'waits') return
    if (outcome.state === 'sent') state.sentMs = [...state.sentMs, options.now().getTime()]
  }
}
