import { assertOptions, option } from '@forge/writer-core/storage'
import { hostIdentity, shownHost } from '../process/host-identity.ts'
import type { SpoolEntry } from '../spool/entry.ts'
import { type Liveness, livenessOf, STALE_AFTER_MS } from '../spool/liveness.ts'
import { readSpoolFolder, type SpoolFile } from '../spool/spool-file.ts'
import { spoolFolders } from '../spool/spool-folder.ts'

/** A run or a step that has started and has no end in the log. */
export interface RunningRun {
  readonly runId: string
  readonly pipelineId: string
  /** The name of the step; null for a whole run. */
  readonly step: string | null
  /** True if it is a step of a run that was started elsewhere. */
  readonly isNested: boolean
  /**
   * `running`: it goes on. `unwatched`: it goes on, but the process that recorded it was killed. `storing`: it has ended and is being stored.
   * `ended`: its end waits in the spool to be stored. `lost`: it has died, or its host no longer reports.
   */
  readonly state: Liveness['state']
  /** ISO 8601 in UTC. */
  readonly startedAt: string
  /** The last sign of life, ISO 8601 in UTC; that of runs of other hosts is at most 30 seconds old if they are well. */
  readonly seenAt: string
  readonly host: string
  /** True if the run is on this host, so that its state is certain. */
  readonly isLocal: boolean
  /** The process of the command, or of the program that records itself. */
  readonly pid: number
  /** The command, with its secrets masked; null for runs in code. */
  readonly command: string | null
  readonly attempt: number
}

export interface ListRunningOptions {
  /** The clock. Default: the system clock. */
  readonly now?: (() => Date) | undefined
  /** Milliseconds without a heartbeat after which a run of another host counts as lost. Default: 300,000. */
  readonly staleAfterMs?: number | undefined
  /** Only runs for this table, and those whose table is not known yet. Default: all. */
  readonly table?: { readonly schema: string; readonly name: string } | undefined
  /** The environment that names the folder of the user. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * Returns the runs in the spool of a database, oldest first. `path` is the absolute path of the database, such as `storage.location`. Reads files
 * only: the database is not opened.
 */
export function listRunning(path: string, options: ListRunningOptions = {}): RunningRun[] {
  assertOptions('listRunning', options, {
    now: option.clock,
    staleAfterMs: option.number({ min: 0 }),
    table: option.object,
    env: option.object,
  })
  const { now = () => new Date(), staleAfterMs = STALE_AFTER_MS, table, env } = options
  const here = hostIdentity().host
  const at = now()
  return spoolFolders(path, env)
    .flatMap(readSpoolFolder)
    .filter(({ entry }) => isFor(entry, table))
    .map((file) => runningRun(file, { now: at, staleAfterMs, here }))
    .sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0))
}

/** A run whose table is unknown may belong to any table. */
function isFor({ table }: SpoolEntry, wanted: ListRunningOptions['table']): boolean {
  return !table || !wanted || (table.schema === wanted.schema && table.name === wanted.name)
}

function runningRun(
  file: SpoolFile,
  { now, staleAfterMs, here }: { readonly now: Date; readonly staleAfterMs: number; readonly here: string },
): RunningRun {
  const { entry, heartbeatMs } = file
  const { identity, owner } = entry
  const { state } = livenessOf(file, { now, staleAfterMs })
  const isLocal = owner.host === here
  const isAlive = isLocal && (state === 'running' || state === 'unwatched')
  return {
    runId: identity.runId,
    pipelineId: identity.pipelineId,
    step: identity.stepName ?? null,
    isNested: identity.isNested,
    state,
    startedAt: entry.startedAt,
    seenAt: (isAlive ? now : new Date(heartbeatMs)).toISOString(),
    host: shownHost(owner.host),
    isLocal,
    pid: entry.child?.pid ?? owner.pid,
    command: entry.command ?? null,
    attempt: entry.attempts.length + (entry.state === 'running' ? 1 : 0),
  }
}
