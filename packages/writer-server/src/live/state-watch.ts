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

/** Creates a watch that reads the state every `pollMs`, and not at all without listeners. */
export function stateWatch(readState: () => Promise<TableState>, pollMs: number): StateWatch {
  const listeners = new Set<StateListener>()
  let timer: NodeJS.Timeout | undefined
  let last: string | undefined
  const report = (change: StateChange, id: string) => {
    if (id === last) return
    last = id
    for (const listener of listeners) listener(change)
  }
  const poll = async () => {
    try {
      const state = await readState()
      report({ state }, `state ${state.id}`)
    } catch (error) {
      report({ error }, 'error')
    }
    if (timer !== undefined) schedule()
  }
  const schedule = () => {
    timer = setTimeout(() => void poll(), pollMs)
    timer.unref()
  }
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
    last = undefined
  }
  return {
    listen(listener) {
      listeners.add(listener)
      if (timer === undefined) schedule()
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) stop()
      }
    },
    close() {
      listeners.clear()
      stop()
    },
  }
}
