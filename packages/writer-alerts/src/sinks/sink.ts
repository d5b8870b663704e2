import type { Alert } from '../alert.ts'

/** A way to people. */
export interface AlertSink {
  /** The name, such as `webhook`. Never holds a secret: it is logged and stored. */
  readonly name: string
  /** True if messages about one outage stand in one thread: {@link SendOptions.thread} is looked up then. */
  readonly hasThreads?: boolean | undefined
  /**
   * Sends one message about one alert, or about several that are summed up. Rejects when it was not taken: with a {@link SinkError} that says
   * whether trying again makes sense, anything else is tried again.
   */
  send(alerts: readonly Alert[], options: SendOptions): Promise<void>
}

export interface SendOptions {
  readonly signal: AbortSignal
  /** The same for each attempt at one message: lets the receiver drop a repetition. */
  readonly key?: string | undefined
  /** What {@link SendOptions.keep} was given for an earlier message about the same outage, and the alert of that message. */
  readonly thread?: { readonly receipt: Readonly<Record<string, string>>; readonly alert: Alert } | undefined
  /** Keeps what a later message about the same outage needs. */
  keep?(receipt: Readonly<Record<string, string>>): void
}

/** A message was not taken. */
export class SinkError extends Error {
  override name = 'SinkError'
  /** False when the same message will never be taken. */
  readonly retryable: boolean
  /** What the other side asked for. */
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
