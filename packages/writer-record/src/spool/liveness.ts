import { hostIdentity, type ProcessIdentity } from '../process/host-identity.ts'
import { isRunning } from '../process/process-table.ts'
import type { SpoolFile } from './spool-file.ts'

/** The state of a run according to its spool file. */
export type Liveness =
  /** It is running, or its owner is storing it. */
  | { readonly state: 'running' }
  /** The command runs, but the process that recorded it is gone: its exit code will not be known. */
  | { readonly state: 'unwatched' }
  /** It has ended, and its owner is storing it. */
  | { readonly state: 'storing' }
  /** It has ended, and its end waits in the spool. */
  | { readonly state: 'ended' }
  /** It has died. `isProven` is false if only its heartbeat is missing, as for other hosts. */
  | { readonly state: 'lost'; readonly isProven: boolean; readonly reason: LostReason }

export type LostReason = 'killed' | 'reboot' | 'no heartbeat'

export interface LivenessOptions {
  readonly now: Date
  /** Milliseconds without a heartbeat after which a run of another host counts as lost. */
  readonly staleAfterMs: number
  /** The host that judges. Default: this one. */
  readonly host?: Pick<ProcessIdentity, 'host' | 'bootId'> | undefined
}

/** Interval of the heartbeat of runs. */
export const HEARTBEAT_MS = 30_000
/** The default of {@link LivenessOptions.staleAfterMs}: ten heartbeats. */
export const STALE_AFTER_MS = 10 * HEARTBEAT_MS

/** The time that the owner of a run that has ended has to store it, before others do. */
const STORING_MS = 60_000

/** Judges whether the run of a spool file is still running. On its own host that is certain, unless the system has no `/proc`. */
export function livenessOf(
  { entry, heartbeatMs }: SpoolFile,
  { now, staleAfterMs, host = hostIdentity() }: LivenessOptions,
): Liveness {
  const { owner, child, state } = entry
  if (state === 'ended') {
    const isHere = owner.host === host.host
    const mayStore = isHere
      ? owner.bootId === host.bootId && owner.pid !== process.pid && isRunning(owner.pid, owner.start)
      : true
    return { state: mayStore && now.getTime() - heartbeatMs < STORING_MS ? 'storing' : 'ended' }
  }
  if (owner.host !== host.host) {
    const isStale = now.getTime() - heartbeatMs > staleAfterMs
    return isStale ? { state: 'lost', isProven: false, reason: 'no heartbeat' } : { state: 'running' }
  }
  if (owner.bootId !== host.bootId) return { state: 'lost', isProven: true, reason: 'reboot' }
  if (isRunning(owner.pid, owner.start)) return { state: 'running' }
  if (child && isRunning(child.pid, child.start)) return { state: 'unwatched' }
  return { state: 'lost', isProven: true, reason: 'killed' }
}
