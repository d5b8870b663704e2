import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds that `work` took. */
export async function timeMs(work: () => unknown): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}

/**
 * Times of `repetitions` calls in ms, in order. One call before them warms up and is not counted: the first is up to twice as slow.
 * `work` gets the number of the call, and returns the time that counts or nothing for the time of the whole call.
 */
export async function repeat(repetitions: number, work: (repetition: number) => Promise<number>): Promise<number[]> {
  const times: number[] = []
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    await collectGarbage()
    const time = await work(repetition)
    if (repetition > 0) times.push(time)
  }
  return times
}

/** Threads of V8 go on to sweep after a collection: 0.2 s of processor for a heap of 1 GB. */
const SWEEP_MS = 300

/** Collects garbage if the process allows it, so that one repetition does not pay for another. */
export async function collectGarbage(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void }
  if (!gc) return
  gc()
  await sleep(SWEEP_MS)
}

/** Starts to count the processor time of all threads of this process; the returned function gives the milliseconds since. */
export function processorMs(): () => number {
  const start = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  }
}
