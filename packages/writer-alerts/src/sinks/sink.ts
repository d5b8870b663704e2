import type { Alert } from '../alert.ts'

/** A sink, which delivers messages to people. */
export interface AlertSink {
  /** The name, such as `webhook`. Never holds a secret: it is logged and stored. */
  readonly name: string
  /** True if messages about one outage belong in one thread. {@link SendOptions.thread} is then set if it is known. */
  readonly hasThreads?: boolean | undefined
  /**
   * Sends one message about one alert, or a summary of several. Rejects if it was not accepted: with a {@link SinkError} whose fields say whether to
   * try again. After any other error the message is tried again.
   */
  send(alerts: readonly Alert[], options: SendOptions): Promise<void>
}

export interface SendOptions {
  readonly signal: AbortSignal
  /** The key of the message, the same for each attempt: lets the receiver drop a repetition. */
  readonly key?: string | undefined
  /** The receipt that {@link SendOptions.keep} received for an earlier message about the same outage, and the alert of that message. */
  readonly thread?: { readonly receipt: Readonly<Record<string, string>>; readonly alert: Alert } | undefined
  /** Stores the receipt that a later message about the same outage needs. */
  keep?(receipt: Readonly<Record<string, string>>): void
}

/** The error of a message that was not accepted. */
export class SinkError extends Error {
  override name = 'SinkError'
  /** False if the same message will never be accepted. */
  readonly retryable: boolean
  /** The wait that the receiver asked for. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    { retryable, retryAfterMs }: { readonly retryable: boolean; readonly retryAfterMs?: number | undefined },
  ) {
    super(message)
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
  }
}
