import type { Logger } from '@forge/writer-core'
import { HOUR_MS } from '@forge/writer-core/storage'
import type { Outbox } from '../outbox/outbox.ts'
import type { OutboxEntry } from '../outbox/outbox-entry.ts'
import { isProvenDead } from '../outbox/process-identity.ts'
import type { AlertSink } from '../sinks/sink.ts'
import type { QuietHours } from './quiet-hours.ts'

export interface CourierOptions {
  /** The key of the sink; see `sinkKey`. */
  readonly key: string
  readonly sink: AlertSink
  readonly outbox: () => Promise<Outbox>
  /** The name of this process and courier; see `newOwner`. */
  readonly owner: string
  readonly logger: Logger
  readonly now: () => Date
  /** Returns a number in [0, 1), which spreads retries. */
  readonly random: () => number
  readonly timeoutMs: number
  /** The time beyond `timeoutMs` for which a claim holds. */
  readonly takeOverMs: number
  /** The signal that stops current and further deliveries. */
  readonly closing: AbortSignal
  readonly maxPerHour: number
  readonly quietHours?: QuietHours | undefined
  /** The age at which an alert that was not accepted is given up. */
  readonly giveUpMs: number
}

/** The memory of a courier between two deliveries. */
export interface CourierState {
  /** The pending entries of the outbox, as far as they are known. */
  known: Map<string, OutboxEntry>
  /** Newer states that could not be stored in the outbox yet. */
  readonly unstored: Map<string, OutboxEntry>
  /** The times of the messages of the last hour, oldest first. */
  sentMs: readonly number[]
  /** The time until which nothing is sent to the sink. */
  waitUntilMs: number
  failures: number
  /** The time until which gathered alerts are held back. */
  heldUntilMs: number | undefined
}

const FIRST_WAIT_MS = 1000
const MAX_WAIT_MS = 15 * 60_000

/**
 * Returns the wait after this many failures: one second, two, four and so on, up to a quarter of an hour; half of it is random, so that many retries
 * do not coincide.
 */
export function backoffMs(failures: number, { random }: Pick<CourierOptions, 'random'>): number {
  const fullMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(20, Math.max(0, failures - 1)))
  return fullMs * (0.5 + 0.5 * random())
}

/** Returns the number of messages that may still be sent in this hour. */
export function hourlyBudget({ sentMs }: CourierState, { maxPerHour, now }: CourierOptions): number {
  return maxPerHour - sentMs.filter((ms) => ms > now().getTime() - HOUR_MS).length
}

/** Returns whether the outbox says that another courier has claimed the entry. */
export function isTaken({ claimedBy }: OutboxEntry, { owner }: Pick<CourierOptions, 'owner'>): boolean {
  return claimedBy !== null && claimedBy !== owner
}

/**
 * Returns the time at which an entry may be tried: after its wait, and after the claim of another process, unless that process is known to be dead.
 */
export function dueMs(entry: OutboxEntry, options: Pick<CourierOptions, 'owner'>): number {
  const { nextTryAt, claimedBy, claimedUntil } = entry
  const isHeld = isTaken(entry, options) && !isProvenDead(claimedBy ?? '')
  return Math.max(isHeld ? (claimedUntil?.getTime() ?? 0) : 0, nextTryAt?.getTime() ?? 0)
}
