import type { Random } from '@forge/fixtures'
import type { Disk } from './disk.ts'
import type { Network } from './network.ts'
import type { Fault } from './plan.ts'

/** What happens around the workers of an episode. */
export interface EpisodeFault {
  /** True if operations may fail by it. */
  readonly mayFail: boolean
  /** Begins what only lasts for a part of the episode. */
  readonly begin?: (() => void) | undefined
  /** Ends it. */
  readonly end?: (() => void) | undefined
}

/** Starts the fault of an episode. Faults of files come after the episode. */
export function startFault(
  fault: Fault,
  { disk, network, random }: { readonly disk: Disk; readonly network: Network | undefined; readonly random: Random },
): EpisodeFault {
  if (fault === 'full-disk' && disk.isBounded) return { mayFail: true, begin: disk.fill, end: disk.free }
  if (network === undefined) return { mayFail: false }
  if (fault === 'outage') return { mayFail: true, begin: network.cut, end: network.mend }
  if (fault === 'network' || fault === 'network-kill') network.disturb(random.below(1_000_000))
  return { mayFail: false, end: network.mend }
}
