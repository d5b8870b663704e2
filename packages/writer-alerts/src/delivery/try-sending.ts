import type { OutboxEntry } from '../outbox/outbox-entry.ts'
import { type AlertSink, type SendOptions, SinkError } from '../sinks/sink.ts'

/** The outcome of a message. */
export interface Outcome {
  readonly state: 'sent' | 'refused' | 'waits'
  readonly reason: string | null
  readonly retryAfterMs?: number | undefined
  /** True if it was not sent because everything is being closed. */
  readonly isLeft?: boolean | undefined
  readonly receipt?: Readonly<Record<string, string>> | undefined
}

export interface TryOptions {
  readonly sink: AlertSink
  readonly timeoutMs: number
  /** The signal that stops the delivery. */
  readonly closing: AbortSignal
  readonly thread: SendOptions['thread']
}

/** Sends one message; never rejects. */
export async function trySending(
  entries: readonly OutboxEntry[],
  { sink, timeoutMs, closing, thread }: TryOptions,
): Promise<Outcome> {
  if (closing.aborted) return { state: 'waits', reason: 'was not sent before the writer was closed', isLeft: true }
  const alerts = entries.map(({ alert }) => alert)
  const kept: { receipt?: Readonly<Record<string, string>> } = {}
  const key = entries[0]?.messageId ?? undefined
  try {
    await withinTime(
      (signal) =>
        sink.send(alerts, {
          signal,
          key,
          thread,
          keep(receipt) {
            kept.receipt = receipt
          },
        }),
      { timeoutMs, closing },
    )
    return { state: 'sent', reason: null, receipt: kept.receipt }
  } catch (error) {
    if (!(error instanceof SinkError)) return { state: 'waits', reason: kindOf(error), isLeft: closing.aborted }
    const { message: reason, retryable, retryAfterMs } = error
    return retryable ? { state: 'waits', reason, retryAfterMs, isLeft: closing.aborted } : { state: 'refused', reason }
  }
}

/**
 * Waits for the work, but not longer than the timeout, even if the work ignores its signal. It has a timer of its own, because the garbage collector
 * of Node 20 drops a signal of `AbortSignal.timeout` that only `AbortSignal.any` knows, and with it the timeout.
 */
async function withinTime(
  work: (signal: AbortSignal) => Promise<void>,
  { timeoutMs, closing }: Pick<TryOptions, 'timeoutMs' | 'closing'>,
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

function kindOf(error: unknown): string {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
    ? 'did not answer in time'
    : 'could not be reached'
}
