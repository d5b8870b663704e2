import { statSync } from 'node:fs'
import type { Engine } from '../engine/engine.ts'

const MIB = 1024 * 1024
/** The growth of the file after which its pages are released. */
const GROWTH_BYTES = 32 * MIB
const KEPT_BYTES = 32 * MIB

/** Limits the page cache of a process that only writes. Without it the engine keeps every page until its memory is full. */
export interface CacheBound {
  /** Releases pages if the file has grown enough. Must not be called during a read or write. */
  afterGrowth(): Promise<void>
  /** The release that runs now, if any. Reads must wait for it. */
  readonly releasing: Promise<void> | undefined
}

export function cacheBound(path: string, engine: Pick<Engine, 'releaseCache'>): CacheBound {
  const size = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  let releasedAt = size()
  let releasing: Promise<void> | undefined
  return {
    async afterGrowth() {
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
