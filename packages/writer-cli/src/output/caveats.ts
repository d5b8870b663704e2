import type { Caveats } from '@forge/writer-analytics'
import { countOf } from '@forge/writer-core/text'

/** Yields a line for each thing that the figures of a report do not show. */
export function* caveatLines({ nonFiniteSteps, futureSteps }: Caveats): Generator<string> {
  if (nonFiniteSteps > 0) {
    yield `${countOf(nonFiniteSteps, 'step has', 'steps have')} a duration or validation rate that is NaN or infinite; no figure includes it`
  }
  if (futureSteps > 0)
    yield `${countOf(futureSteps, 'step starts', 'steps start')} in the future; the figures include ${futureSteps === 1 ? 'it' : 'them'}`
}
