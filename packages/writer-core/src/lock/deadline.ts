import { performance } from 'node:perf_hooks'

/** The maximum delay of a timer. Longer waits use several timers. */
/** The longest time that a timer of Node waits, in milliseconds. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** Returns milliseconds since 1970 by a monotonic clock that starts with the process and ignores changes of the system clock. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now()
}

/** Returns the end of a wait that starts now, by {@link steadyNow}. */
export function deadlineIn(waitMs: number): number {
  return steadyNow() + waitMs
}

/** Returns the milliseconds until `deadline`: 0 or less if it has passed. */
export function msUntil(deadline: number): number {
  return Math.min(deadline - steadyNow(), MAX_TIMER_MS)
}
