import { statSync } from 'node:fs'
import type { Engine } from '../engine/engine.ts'

const MIB = 1024 * 1024
/** Growth of the file after which its pages are let go. */
const GROWTH_BYTES = 32 * MIB
const KEPT_BYTES = 32 * MIB

/** Keeps a process that only writes from holding all that it wrote: the engine keeps every page until its memory is full. */
export interface CacheBound {
  /** To be called while nothing reads or writes. */
  grown(): Promise<void>
  /** What reads have to wait for. */
  readonly releasing: Promise<void> | undefined
}

export function cacheBound(path: string, engine: Pick<Engine, 'releaseCache'>): CacheBound {
  const size = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  let releasedAt = size()
  let releasing: Promise<void> | undefined
  return {
    async grown() {
      const bytes = size()
      if (bytes < releasedAt + GROWTH_BYTES) return
      releasedAt = bytes
      releasing = engine.releaseCache(KEPT_BYTES)
      await releasing
      releasing = undefined
    },
    get releasing() {
      return releasing
    },
  }
}
