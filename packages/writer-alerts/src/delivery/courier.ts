import { HOUR_MS } from '@forge/writer-core/storage'
import { keyOf, type OutboxEntry } from '../outbox/outbox-entry.ts'
import { type CourierOptions, type CourierState, dueMs, hourlyBudget, isTaken } from './courier-state.ts'
import { type DeliverOptions, startPass } from './delivery-pass.ts'
import { deliverUnstored } from './unstored.ts'

/** A courier, which delivers alerts to one sink. */
export interface Courier {
  readonly key: string
  /** Accepts new entries of the outbox. */
  accept(entries: readonly OutboxEntry[]): void
  /** Accepts entries that could not be stored in the outbox: they are sent nevertheless, and stored later. */
  hold(entries: readonly OutboxEntry[]): void
  /** Sends the entries that are due; never rejects. */
  deliver(options: DeliverOptions): Promise<void>
  /** Returns the time at which to call {@link Courier.deliver} again; undefined if nothing is pending. */
  nextMs(): number | undefined
  /** Returns the entries that are known to be pending. */
  waiting(): readonly OutboxEntry[]
  /** True if entries are gathered to be sent together. */
  readonly isGathering: boolean
  /** The number of entries that could not be stored in the outbox. */
  readonly unstored: number
}

/** The interval at which quiet hours and the claims of others are checked again. */
const LOOK_MS = 60_000
const TROUBLE_MS = 1000

export function courier(options: CourierOptions): Courier {
  const { now, closing, logger, sink } = options
  const state: CourierState = {
    known: new Map(),
    unstored: new Map(),
    sentMs: [],
    waitUntilMs: 0,
    failures: 0,
    heldUntilMs: undefined,
  }
  const deliver = async (asked: DeliverOptions) => {
    await deliverUnstored(state, options)
    if (!asked.isForced && now().getTime() < state.waitUntilMs) return
    if (!asked.look && state.known.size === 0) return
    const pass = await startPass(state, options, asked)
    while (!closing.aborted && (await pass.sendNext()));
  }
  return {
    key: options.key,
    accept(entries) {
      for (const entry of entries) state.known.set(keyOf(entry), entry)
    },
    hold(entries) {
      for (const entry of entries) state.unstored.set(keyOf(entry), entry)
    },
    async deliver(asked) {
      try {
        await deliver(asked)
      } catch (error) {
        logger.warn({ sink: sink.name, error }, 'the outbox of alerts could not be used')
        state.waitUntilMs = Math.max(state.waitUntilMs, now().getTime() + TROUBLE_MS)
      }
    },
    nextMs: () => nextMs(state, options),
    waiting: () => waiting(state),
    get isGathering() {
      return state.heldUntilMs !== undefined && state.known.size > 0
    },
    get unstored() {
      return state.unstored.size
    },
  }
}

function waiting({ known, unstored }: CourierState): OutboxEntry[] {
  return [...new Map([...known, ...unstored]).values()].filter((entry) => entry.state === 'pending')
}

function nextMs(state: CourierState, options: CourierOptions): number | undefined {
  const entries = [...new Map([...state.known, ...state.unstored]).values()]
  if (entries.length === 0) return undefined
  const nowMs = options.now().getTime()
  const isQuiet = options.quietHours?.isQuiet(options.now()) ?? false
  const times = entries.map((entry) => {
    if (isQuiet && entry.alert.severity !== 'critical') return nowMs + LOOK_MS
    const ms = dueMs(entry, options)
    return isTaken(entry, options) ? Math.min(ms, nowMs + LOOK_MS) : ms
  })
  const oldest = state.sentMs.find((ms) => ms > nowMs - HOUR_MS) ?? nowMs
  const freeMs = hourlyBudget(state, options) > 0 ? 0 : oldest + HOUR_MS
  return Math.max(state.waitUntilMs, freeMs, state.heldUntilMs ?? 0, Math.min(...times))
}
