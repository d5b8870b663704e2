import { performance } from 'node:perf_hooks'

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
    collectGarbage()
    const time = await work(repetition)
    if (repetition > 0) times.push(time)
  }
  return times
}

/** Collects garbage where the process allows it, so that one repetition does not pay for another. */
export function collectGarbage(): void {
  ;(globalThis as { gc?: () => void }).gc?.()
}
