import type { Logger } from '@forge/writer-core'
import type { Outbox } from '../outbox/outbox.ts'
import type { OutboxEntry } from '../outbox/outbox-entry.ts'
import { isProvenDead } from '../outbox/process-identity.ts'
import type { AlertSink } from '../sinks/sink.ts'
import type { QuietHours } from './quiet-hours.ts'

export interface CourierOptions {
  /** See `sinkKey`. */
  readonly key: string
  readonly sink: AlertSink
  readonly outbox: () => Promise<Outbox>
  /** Names this process and courier; see `newOwner`. */
  readonly owner: string
  readonly logger: Logger
  readonly now: () => Date
  /** [0, 1): spreads retries. */
  readonly random: () => number
  readonly timeoutMs: number
  /** How long beyond `timeoutMs` a claim holds. */
  readonly takeOverMs: number
  /** Ends what is on its way, and all that would follow. */
  readonly closing: AbortSignal
  readonly maxPerHour: number
  readonly quietHours?: QuietHours | undefined
  /** The age at which an alert that nobody takes is given up. */
  readonly giveUpMs: number
}

/** What a courier remembers between two deliveries. */
export interface CourierState {
  /** What waits in the outbox, as far as is known. */
  known: Map<string, OutboxEntry>
  /** Newer states that the outbox could not take yet. */
  readonly unstored: Map<string, OutboxEntry>
  /** When messages were sent in the last hour, oldest first. */
  sentMs: readonly number[]
  /** The time until which nothing is sent to the sink. */
  waitUntilMs: number
  failures: number
  /** The time until which gathered alerts are held back. */
  heldUntilMs: number | undefined
}

export const HOUR_MS = 3_600_000
const FIRST_WAIT_MS = 1000
const MAX_WAIT_MS = 15 * 60_000

/** One second, two, four and so on, up to a quarter of an hour; half of it by chance, so that many do not come at once. */
export function backoffMs(failures: number, { random }: Pick<CourierOptions, 'random'>): number {
  const fullMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(20, Math.max(0, failures - 1)))
  return fullMs * (0.5 + 0.5 * random())
}

/** How many messages may still be sent in this hour. */
export function hourlyBudget({ sentMs }: CourierState, { maxPerHour, now }: CourierOptions): number {
  return maxPerHour - sentMs.filter((ms) => ms > now().getTime() - HOUR_MS).length
}

/** Returns whether the outbox says that another courier has claimed the entry. */
export function isTaken({ claimedBy }: OutboxEntry, { owner }: Pick<CourierOptions, 'owner'>): boolean {
  return claimedBy !== null && claimedBy !== owner
}

/** When an entry may be tried: after its wait, and after the claim of another process, which its proven death ends. */
export function dueMs(entry: OutboxEntry, options: Pick<CourierOptions, 'owner'>): number {
  const { nextTryAt, claimedBy, claimedUntil } = entry
  const isHeld = isTaken(entry, options) && !isProvenDead(claimedBy ?? '')
  return Math.max(isHeld ? (claimedUntil?.getTime() ?? 0) : 0, nextTryAt?.getTime() ?? 0)
}
