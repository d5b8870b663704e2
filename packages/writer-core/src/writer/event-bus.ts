import type { WriterEvent } from '../hooks/writer-event.ts'
import type { Logger } from '../logger/logger.ts'
import type { TableSource } from '../source/table-source.ts'

export interface EventBus {
  /** Sends an event of a call, with `source` as its settings, to the listeners. */
  emit(event: WriterEvent, source: TableSource): void
  /** Adds a listener and returns the function that removes it. */
  on(type: string, listener: (event: never) => void): () => void
}

type AnyListener = (event: never, source: TableSource) => void

/**
 * Creates a bus that calls listeners immediately, `always` before those of a type. An error in a listener is logged, since it must not undo a write.
 */
export function eventBus(
  logger: Logger,
  always: readonly ((event: WriterEvent, source: TableSource) => void)[] = [],
): EventBus {
  const listeners = new Map<string, Set<AnyListener>>()
  return {
    emit(event, source) {
      for (const listener of [...always, ...(listeners.get(event.type) ?? [])]) {
        try {
          // The type of `on` connects each event type with its listener.
          listener(event as never, source)
        } catch (error) {
          logger.error({ event: event.type, error }, 'a listener failed')
        }
      }
    },
    on(type, listener) {
      const ofType = listeners.get(type) ?? new Set()
      listeners.set(type, ofType.add(listener))
      return () => ofType.delete(listener)
    },
  }
}
