import { hasNoOutcome } from '@forge/writer-core'

/** Returns whether a status says that a step did not run: it is known that it has no outcome, unlike that of a lost step. */
export function didNotRun(status: string | null | undefined): boolean {
  return hasNoOutcome(status ?? undefined) && status !== 'unknown' && status !== 'lost'
}
