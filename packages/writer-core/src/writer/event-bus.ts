import type { Logger } from '../logger/logger.ts'
import type { TableSource } from './table-source.ts'
import type { WriterEvent } from './writer-event.ts'

export interface EventBus {
  /** Tells listeners of an event in a call that works by the settings of `source`. */
  emit(event: WriterEvent, source: TableSource): void
  /** Returns the function that ends it. */
  on(type: string, listener: (event: never) => void): () => void
}

type AnyListener = (event: never, source: TableSource) => void

/** Calls listeners at once, `always` before those of a type. One that throws is reported in the log: it must not undo a write. */
export function eventBus(
  logger: Logger,
  always: readonly ((event: WriterEvent, source: TableSource) => void)[] = [],
): EventBus {
  const listeners = new Map<string, Set<AnyListener>>()
  return {
    emit(event, source) {
      for (const listener of [...always, ...(listeners.get(event.type) ?? [])]) {
        try {
          // `on` of the writer's interface ties each type to its event.
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
