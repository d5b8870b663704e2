import type { AlertSettings } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import type { Alert } from './alert.ts'
import { trySending } from './delivery/try-sending.ts'
import { messageIdOf, newEntry } from './outbox/outbox-entry.ts'
import { sinkKey, sinkOf } from './sinks/from-settings.ts'
import { STATION_CHECKS, type StationOptions } from './station.ts'

/** The response of a sink to a test. */
export interface SinkAnswer {
  readonly kind: AlertSettings['kind']
  /** The key of the sink, as in the outbox; it contains no secret. */
  readonly sink: string
  readonly isOk: boolean
  /** The reason why the sink refused the alert, such as `answered 404`; null if it accepted it. */
  readonly reason: string | null
  readonly durationMs: number
}

export interface TestSinksOptions extends Pick<StationOptions, 'env' | 'now' | 'timeoutMs' | 'sinkFor'> {
  /** The table that the alert names. */
  readonly tableFqn: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends a test alert to the sink of each setting, regardless of its filters, without the outbox. Rejects with WriterConfigurationError for an invalid
 * setting.
 */
export async function testSinks(settings: readonly AlertSettings[], options: TestSinksOptions): Promise<SinkAnswer[]> {
  const checks = {
    env: STATION_CHECKS.env,
    now: option.clock,
    timeoutMs: STATION_CHECKS.timeoutMs,
    sinkFor: option.action,
  }
  assertOptions('testSinks', options, { ...checks, tableFqn: option.required(option.text), signal: option.signal })
  const { env = process.env, now = () => new Date(), timeoutMs = 10_000, sinkFor, tableFqn, signal } = options
  const sinks = settings.map((setting) => ({ setting, sink: sinkFor?.(setting) ?? sinkOf(setting, { env, now }) }))
  const closing = signal ?? new AbortController().signal
  return Promise.all(
    sinks.map(async ({ setting, sink }): Promise<SinkAnswer> => {
      const entry = newEntry(testAlert(tableFqn, now()), sinkKey(setting), now())
      const startedMs = performance.now()
      const tried = [{ ...entry, messageId: messageIdOf([entry]) }]
      const { state, reason } = await trySending(tried, { sink, timeoutMs, closing, thread: undefined })
      const durationMs = Math.round(performance.now() - startedMs)
      return { kind: setting.kind, sink: entry.sink, isOk: state === 'sent', reason, durationMs }
    }),
  )
}

function testAlert(tableFqn: string, at: Date): Alert {
  return {
    id: `test:${at.toISOString()}`,
    kind: 'anomaly',
    severity: 'info',
    title: 'test of the alerts of forge-writer',
    text: 'Nothing is wrong: this message tests whether alerts arrive here.',
    tableFqn,
    pipeline: null,
    step: null,
    runId: null,
    occurredAt: at.toISOString(),
  }
}
