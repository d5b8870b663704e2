import { setTimeout as sleep } from 'node:timers/promises'
import pRetry from 'p-retry'
import type { WriterConfig } from '../config/writer-config.ts'
import { WriterTableError } from '../errors/kinds.ts'
import { isWriterError, type WriterError } from '../errors/writer-error.ts'

export interface RetryOptions<Result> {
  readonly config: Pick<WriterConfig, 'maxRetries' | 'retryDelaySecs' | 'retryExponentialBackoff'>
  /** What an earlier attempt stored, or undefined where it stored nothing. */
  readonly lookUp: () => Promise<Result | undefined>
  readonly onRetry: (retry: { readonly attempt: number; readonly delayMs: number; readonly error: unknown }) => void
}

/**
 * Calls `attempt` until it succeeds, fails for good, or `maxRetries` are used up; only transient errors are tried again, after a delay with jitter.
 * Where an error does not say what became of the write, that is looked up first: what was stored after all is a success. What is thrown is always a
 * WriterError with `committed`.
 */
export function withRetries<Result>(
  attempt: () => Promise<Result>,
  { config, lookUp, onRetry }: RetryOptions<Result>,
): Promise<Result> {
  const resolved = async () => {
    try {
      return await attempt()
    } catch (error) {
      const failure = asWriterError(error)
      const stored = await resolveOutcome(failure, lookUp)
      if (stored !== undefined) return stored
      throw failure
    }
  }
  return pRetry(resolved, {
    retries: config.maxRetries,
    minTimeout: 0,
    // The delay is made here, so that it can be told before it passes.
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
  return new WriterTableError('the storage failed in a way that it does not describe', { cause: error })
}

/** Between one and two times the base, which doubles with each attempt where backoff is exponential. */
function delayBefore(
  attempt: number,
  { retryDelaySecs, retryExponentialBackoff }: RetryOptions<unknown>['config'],
): number {
  const factor = retryExponentialBackoff ? 2 ** (attempt - 1) : 1
  return Math.round(retryDelaySecs * 1000 * factor * (1 + Math.random()))
}
