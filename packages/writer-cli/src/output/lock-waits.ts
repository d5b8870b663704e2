import { tracingChannel } from 'node:diagnostics_channel'

/** A wait for a lock, as `@forge/writer-core` publishes it. */
interface LockWait {
  readonly holder?: number | undefined
}

/** The waits for locks in this process. */
export interface LockWaits {
  /** Returns what is waited for, with the process that holds it if that is known; undefined if nothing is. */
  text(): string | undefined
  stop(): void
}

/** Follows the waits for locks in this process from now on. */
export function followLockWaits(): LockWaits {
  const waits = new Set<LockWait>()
  const channel = tracingChannel<unknown, LockWait>('forge-writer:lock')
  const end = (wait: LockWait) => void waits.delete(wait)
  const listeners = {
    start: (wait: LockWait) => void waits.add(wait),
    end: () => undefined,
    asyncStart: () => undefined,
    asyncEnd: end,
    error: end,
  }
  channel.subscribe(listeners)
  return {
    text() {
      const [wait] = waits
      if (wait === undefined) return undefined
      return wait.holder === undefined
        ? 'waiting for another process that uses the database'
        : `waiting for process ${wait.holder}, which uses the database`
    },
    stop: () => channel.unsubscribe(listeners),
  }
}
