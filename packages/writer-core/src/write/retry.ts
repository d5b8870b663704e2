import { setTimeout as sleep } from 'node:timers/promises'
import pRetry from 'p-retry'
import type { WriterConfig } from '../config/writer-config.ts'
import { WriterTableError } from '../errors/kinds.ts'
import { isWriterError, type WriterError } from '../errors/writer-error.ts'

export interface RetryOptions<Result> {
  readonly config: Pick<WriterConfig, 'maxRetries' | 'retryDelaySecs' | 'retryExponentialBackoff'>
  /** Returns what an earlier attempt stored, or undefined. */
  readonly lookUp: () => Promise<Result | undefined>
  readonly onRetry: (retry: { readonly attempt: number; readonly delayMs: number; readonly error: unknown }) => void
}

/**
 * Calls `attempt` until it succeeds, fails permanently, or `maxRetries` are used up. Retries only transient errors, after a delay with jitter.
 * If an error leaves the outcome of the write unknown, looks the outcome up first: a write that was stored is a success. Always throws a
 * WriterError with `committed`.
 */
export function withRetries<Result>(
  attempt: () => Promise<Result>,
  { config, lookUp, onRetry }: RetryOptions<Result>,
): Promise<Result> {
  const tryOnce = async () => {
    try {
      return await attempt()
    } catch (error) {
      const failure = asWriterError(error)
      const stored = await resolveOutcome(failure, lookUp)
      if (stored !== undefined) return stored
      throw failure
    }
  }
  return pRetry(tryOnce, {
    retries: config.maxRetries,
    minTimeout: 0,
    // The delay is chosen here, so that it can be reported before the wait.
    async shouldRetry({ error, attemptNumber }) {
      if (!isWriterError(error) || !error.transient) return false
      const delayMs = delayBefore(attemptNumber, config)
      onRetry({ attempt: attemptNumber, delayMs, error })
      await sleep(delayMs)
      return true
    },
  })
}

async function resolveOutcome<Result>(
  error: WriterError,
  lookUp: () => Promise<Result | undefined>,
): Promise<Result | undefined> {
  if (error.committed === 'no') return undefined
  try {
    const stored = await lookUp()
    if (stored === undefined) error.committed = 'no'
    return stored
  } catch {
    error.committed = 'unknown'
    return undefined
  }
}

function asWriterError(error: unknown): WriterError {
  if (isWriterError(error)) return error
  return new WriterTableError('the storage failed with an unexpected error', { cause: error })
}

/** Returns a delay between one and two times the base delay, which doubles with each attempt if the backoff is exponential. */
function delayBefore(
  attempt: number,
  { retryDelaySecs, retryExponentialBackoff }: RetryOptions<unknown>['config'],
): number {
  const factor = retryExponentialBackoff ? 2 ** (attempt - 1) : 1
  return Math.round(retryDelaySecs * 1000 * factor * (1 + Math.random()))
}
