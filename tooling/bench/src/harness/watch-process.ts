import { monitorEventLoopDelay } from 'node:perf_hooks'
import { collectGarbage } from './timing.ts'

const SAMPLE_MS = 20

export interface ProcessFigures {
  /** Highest resident memory above that at the start. */
  readonly peakMb: number
  /** Longest time in which the event loop answered nobody. */
  readonly longestStallMs: number
}

/** Watches memory and event loop from now until the returned function is called. */
export async function watchProcess(): Promise<() => ProcessFigures> {
  await collectGarbage()
  const startBytes = process.memoryUsage.rss()
  let peakBytes = startBytes
  const sample = () => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
  }
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const timer = setInterval(sample, SAMPLE_MS)
  delay.enable()
  return () => {
    sample()
    clearInterval(timer)
    delay.disable()
    return { peakMb: (peakBytes - startBytes) / 1e6, longestStallMs: delay.max / 1e6 }
  }
}
