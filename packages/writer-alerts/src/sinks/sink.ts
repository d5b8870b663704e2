import type { Alert } from '../alert.ts'

/** A way to people. */
export interface AlertSink {
  /** Such as `webhook`. Never holds a secret: it is logged and stored. */
  readonly name: string
  /**
   * Sends one message about one alert, or about several that are summed up. Rejects where it was not taken: with a {@link SinkError} that says
   * whether trying again makes sense, anything else is tried again.
   */
  send(alerts: readonly Alert[], options: { readonly signal: AbortSignal }): Promise<void>
}

/** A message was not taken. */
export class SinkError extends Error {
  override name = 'SinkError'
  /** False where the same message will never be taken. */
  readonly retryable: boolean
  /** What the other side asked for. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    { retryable, retryAfterMs }: { readonly retryable: boolean; readonly retryAfterMs?: number },
  ) {
    super(message)
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
  }
}
