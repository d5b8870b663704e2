import type { Logger } from '@forge/writer-core'
import { keyOf, type Outbox, type OutboxEntry } from './outbox.ts'
import type { QuietHours } from './quiet-hours.ts'
import { type AlertSink, SinkError } from './sinks/sink.ts'

/** Brings alerts to one sink. */
export interface Courier {
  /** Takes over entries of the outbox. */
  accept(entries: readonly OutboxEntry[]): void
  /** Sends what is due now; never rejects. */
  deliver(): Promise<void>
  /** When {@link Courier.deliver} is worth calling again; undefined where nothing waits. */
  nextMs(): number | undefined
  readonly waiting: number
}

export interface CourierOptions {
  readonly sink: AlertSink
  readonly outbox: () => Promise<Outbox>
  readonly logger: Logger
  readonly now: () => Date
  /** [0, 1): spreads retries. */
  readonly random: () => number
  readonly timeoutMs: number
  /** Ends what is on its way, and all that would follow. */
  readonly closing: AbortSignal
  readonly maxPerHour: number
  readonly quietHours?: QuietHours
  /** Age at which an alert that nobody takes is given up. */
  readonly giveUpHours: number
}

const HOUR_MS = 3_600_000
const FIRST_WAIT_MS = 1000
const MOST_WAIT_MS = 15 * 60_000
/** Quiet hours are looked at again so often. */
const QUIET_LOOK_MS = 60_000
/** Alerts at once from which one message sums them up. */
const MOST_SINGLE = 10

export function courier(options: CourierOptions): Courier {
  const { now, quietHours, maxPerHour, closing } = options
  const queue = new Map<string, OutboxEntry>()
  const sentMs: number[] = []
  const wait = { untilMs: 0, failures: 0 }

  const isQuiet = () => quietHours?.isQuiet(now()) ?? false
  const due = () => [...queue.values()].filter(({ alert }) => !isQuiet() || alert.severity === 'critical')
  const left = () => {
    while ((sentMs[0] ?? Number.POSITIVE_INFINITY) <= now().getTime() - HOUR_MS) sentMs.shift()
    return maxPerHour - sentMs.length
  }
  /** Whether the sink took the message, or never will: either way the next one can be tried. */
  const send = async (entries: readonly OutboxEntry[]): Promise<boolean> => {
    const outcome = await tried(entries, options)
    if (outcome.state === 'waits') {
      wait.failures++
      wait.untilMs = now().getTime() + (outcome.retryAfterMs ?? backoffMs(wait.failures, options.random))
    } else {
      wait.failures = 0
      sentMs.push(now().getTime())
    }
    await settle(entries, outcome, queue, options)
    return outcome.state !== 'waits'
  }
  return {
    accept(entries) {
      for (const entry of entries) queue.set(keyOf(entry), entry)
    },
    async deliver() {
      while (!closing.aborted && now().getTime() >= wait.untilMs) {
        const entries = due()
        const [first] = entries
        const budget = left()
        if (!first || budget <= 0) return
        const isMany = entries.length > Math.min(budget, MOST_SINGLE)
        if (!(await send(isMany ? entries : [first]))) return
      }
    },
    nextMs() {
      if (queue.size === 0) return undefined
      const freeMs = left() > 0 ? 0 : (sentMs[0] ?? 0) + HOUR_MS
      const quietMs = due().length > 0 ? 0 : now().getTime() + QUIET_LOOK_MS
      return Math.max(wait.untilMs, freeMs, quietMs)
    },
    get waiting() {
      return queue.size
    },
  }
}

interface Outcome {
  readonly state: 'sent' | 'refused' | 'waits'
  readonly reason: string | null
  readonly retryAfterMs?: number | undefined
}

async function tried(entries: readonly OutboxEntry[], { sink, timeoutMs, closing }: CourierOptions): Promise<Outcome> {
  const alerts = entries.map(({ alert }) => alert)
  try {
    await inTime((signal) => sink.send(alerts, { signal }), { timeoutMs, closing })
    return { state: 'sent', reason: null }
  } catch (error) {
    if (!(error instanceof SinkError)) return { state: 'waits', reason: kindOf(error) }
    const { message: reason, retryable, retryAfterMs } = error
    return retryable ? { state: 'waits', reason, retryAfterMs } : { state: 'refused', reason }
  }
}

/**
 * Also ends where the work does not look at its signal. A timer of its own, as the garbage collector of Node 20 drops a signal of
 * `AbortSignal.timeout` that only `AbortSignal.any` knows, and with it the timeout.
 */
async function inTime(
  work: (signal: AbortSignal) => Promise<void>,
  { timeoutMs, closing }: Pick<CourierOptions, 'timeoutMs' | 'closing'>,
): Promise<void> {
  const ending = new AbortController()
  const ended = new Promise<never>((_resolve, reject) => {
    ending.signal.addEventListener('abort', () => reject(ending.signal.reason), { once: true })
  })
  const close = () => ending.abort(closing.reason)
  const timer = setTimeout(() => ending.abort(new DOMException('The sink took too long.', 'TimeoutError')), timeoutMs)
  closing.addEventListener('abort', close, { once: true })
  try {
    await Promise.race([work(ending.signal), ended])
  } finally {
    clearTimeout(timer)
    closing.removeEventListener('abort', close)
  }
}

/** Stores what became of a message. A message that is sent and cannot be marked is sent again one day: better twice than never. */
async function settle(
  entries: readonly OutboxEntry[],
  { state, reason }: Outcome,
  queue: Map<string, OutboxEntry>,
  { sink, outbox, logger, now, giveUpHours }: CourierOptions,
): Promise<void> {
  const updatedAt = now()
  const changed = entries.map((entry): OutboxEntry => {
    const isOver = updatedAt.getTime() - entry.createdAt.getTime() >= giveUpHours * HOUR_MS
    const next = state === 'sent' ? 'sent' : state === 'refused' || isOver ? 'dead' : 'pending'
    return { ...entry, state: next, attempts: entry.attempts + 1, updatedAt, lastError: reason }
  })
  for (const entry of changed) {
    if (entry.state === 'pending') queue.set(keyOf(entry), entry)
    else queue.delete(keyOf(entry))
  }
  const dead = changed.filter((entry) => entry.state === 'dead').length
  if (dead > 0) logger.error({ sink: sink.name, alerts: dead, reason }, 'alerts were given up; they stay in the outbox')
  else if (state === 'waits')
    logger.warn({ sink: sink.name, alerts: changed.length, reason }, 'alerts wait for their sink')
  try {
    await (await outbox()).put(changed)
  } catch (error) {
    logger.warn({ sink: sink.name, error }, 'the outbox of alerts could not be written')
  }
}

/** One second, two, four and so on, up to a quarter of an hour; half of it by chance, so that many do not come at once. */
function backoffMs(failures: number, random: () => number): number {
  const fullMs = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1))
  return fullMs * (0.5 + 0.5 * random())
}

function kindOf(error: unknown): string {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
    ? 'did not answer in time'
    : 'could not be reached'
}
