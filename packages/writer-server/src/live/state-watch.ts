import type { StorageBackend } from '@forge/writer-core'
import type { TableState } from './table-state.ts'

/** Follows the state of the table while somebody listens. */
export interface StateWatch {
  /** Calls the listener with each new state, or with the error that keeps it from being read. Returns the function that removes it. */
  listen(listener: StateListener): () => void
  /** Stops following, and removes all listeners. */
  close(): void
}

export type StateListener = (change: StateChange) => void

export type StateChange = { readonly state: TableState } | { readonly error: unknown }

export interface StateWatchOptions {
  readonly readState: () => Promise<TableState>
  /** The time in milliseconds between two reads, if nothing reports a change. */
  readonly pollMs: number
  /** The storage; if it reports changes, they are read at once. */
  readonly storage: Pick<StorageBackend, 'watchChanges'>
}

/** Creates a watch that reads the state every `pollMs`, and when the storage reports a change; not at all without listeners. */
export function stateWatch({ readState, pollMs, storage }: StateWatchOptions): StateWatch {
  const listeners = new Set<StateListener>()
  let stop: (() => void) | undefined
  const start = () => {
    let last: string | undefined
    const report = (change: StateChange, id: string) => {
      if (id === last) return
      last = id
      for (const listener of listeners) listener(change)
    }
    const reads = repeatedly(pollMs, async (isOver) => {
      const [change, id] = await readState().then(
        (state) => [{ state }, `state ${state.id}`] as const,
        (error: unknown) => [{ error }, 'error'] as const,
      )
      if (!isOver()) report(change, id)
    })
    const unwatch = watchStorage(storage, reads.soon)
    return () => {
      reads.stop()
      unwatch()
    }
  }
  const end = () => {
    stop?.()
    stop = undefined
  }
  return {
    listen(listener) {
      listeners.add(listener)
      stop ??= start()
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) end()
      }
    },
    close() {
      listeners.clear()
      end()
    },
  }
}

/** Calls the listener when the storage reports a change. One that is closed is left to the reads, which report it. */
function watchStorage(storage: StateWatchOptions['storage'], listener: () => void): () => void {
  try {
    const unwatch = storage.watchChanges?.(listener)
    return () => void unwatch?.().catch(() => undefined)
  } catch {
    return () => undefined
  }
}

/** The minimum pause between two reads, so that a table that changes all the time leaves time for other work. */
const MIN_PAUSE_MS = 100

/** Does work every `everyMs`, one at a time, and after `soon` without that wait. */
function repeatedly(everyMs: number, work: (isOver: () => boolean) => Promise<void>) {
  const soonMs = Math.min(MIN_PAUSE_MS, everyMs)
  let timer: NodeJS.Timeout | undefined
  let [isOver, isWorking, isWanted] = [false, false, false]
  const schedule = (delayMs: number) => {
    clearTimeout(timer)
    timer = setTimeout(() => void run(), delayMs)
    timer.unref()
  }
  const run = async () => {
    isWorking = true
    isWanted = false
    await work(() => isOver)
    isWorking = false
    if (!isOver) schedule(isWanted ? soonMs : everyMs)
  }
  schedule(everyMs)
  return {
    soon() {
      if (isWanted || isOver) return
      isWanted = true
      if (!isWorking) schedule(soonMs)
    },
    stop() {
      isOver = true
      clearTimeout(timer)
    },
  }
}
