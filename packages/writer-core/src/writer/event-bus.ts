import type { Logger } from '../logger/logger.ts'
import type { WriterEvent } from './writer-event.ts'

export interface EventBus {
  emit(event: WriterEvent): void
  /** Returns the function that ends it. */
  on(type: string, listener: (event: never) => void): () => void
}

/** Calls listeners at once, `always` before those of a type. One that throws is told to the log: it must not undo a write. */
export function eventBus(logger: Logger, always: readonly ((event: WriterEvent) => void)[] = []): EventBus {
  const listeners = new Map<string, Set<(event: never) => void>>()
  return {
    emit(event) {
      for (const listener of [...always, ...(listeners.get(event.type) ?? [])]) {
        try {
          // `on` of the writer's interface ties each type to its event.
          listener(event as never)
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
