import { hasNoOutcome } from '@forge/writer-core'

/** Returns whether a status means that a step did not run. A lost step or one with an unknown outcome may have run. */
export function didNotRun(status: string | null | undefined): boolean {
  return hasNoOutcome(status ?? undefined) && status !== 'unknown' && status !== 'lost'
}
