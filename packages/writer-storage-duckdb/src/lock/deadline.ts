import { performance } from 'node:perf_hooks'

/** The longest wait of a timer; what is longer is waited for in turns. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Milliseconds since 1970 by a clock that goes on from the start of the process and that nobody can set. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now()
}

/** Returns when waiting ends that begins now, by {@link steadyNow}. */
export function deadlineIn(waitMs: number): number {
  return steadyNow() + waitMs
}

/** Milliseconds until `deadline`; 0 and below when it is over. */
export function msUntil(deadline: number): number {
  return Math.min(deadline - steadyNow(), MAX_TIMER_MS)
}
