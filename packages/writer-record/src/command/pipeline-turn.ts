import { setTimeout as sleep } from 'node:timers/promises'
import { acquireLock, deadlineIn } from '@forge/writer-core/lock'
import type { RunIdentity } from '../spool/entry.ts'
import { livenessOf, STALE_AFTER_MS } from '../spool/liveness.ts'
import { readSpoolFolder } from '../spool/spool-file.ts'
import { spoolFolders } from '../spool/spool-folder.ts'

export interface TurnOptions {
  /** The path of the database whose spool shows what runs. */
  readonly path: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends a wait. */
  readonly signal: AbortSignal
}

const POLL_MS = 200

/**
 * Resolves once no other run of the pipeline is running, and keeps others from starting until this process ends. The system releases the lock then,
 * however the process ends. With `wait` it waits for its turn, in the order of arrival; otherwise it resolves with `taken` immediately. Resolves with
 * `aborted` when the signal is aborted.
 */
export async function takeTurn(
  identity: RunIdentity,
  policy: 'wait' | 'skip' | 'fail',
  { path, env, signal }: TurnOptions,
): Promise<'mine' | 'taken' | 'aborted'> {
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted')
    signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })
  const key = JSON.stringify(['record', path, turnName(identity)])
  const deadline = policy === 'wait' ? Number.POSITIVE_INFINITY : deadlineIn(0)
  const locked = acquireLock(key, { deadline }).then(
    () => 'mine' as const,
    (error: { readonly code?: unknown }) => {
      if (error.code === 'CONCURRENCY') return 'taken' as const
      throw error
    },
  )
  const outcome = await Promise.race([locked, aborted])
  if (outcome !== 'mine') return outcome
  // Runs that did not ask for a turn, and commands whose recorder was killed, hold no lock; the spool shows them.
  while (isGoingOn(identity, spoolFolders(path, env))) {
    if (policy !== 'wait') return 'taken'
    if (signal.aborted) return 'aborted'
    await Promise.race([sleep(POLL_MS), aborted])
  }
  return 'mine'
}

function isGoingOn(identity: RunIdentity, folders: readonly string[]): boolean {
  const options = { now: new Date(), staleAfterMs: STALE_AFTER_MS }
  return folders
    .flatMap(readSpoolFolder)
    .filter(({ entry }) => turnName(entry.identity) === turnName(identity))
    .some((file) => ['running', 'unwatched'].includes(livenessOf(file, options).state))
}

/** A whole run excludes runs of its pipeline; a step of a run excludes the same step of the pipeline. */
function turnName({ pipelineId, stepName, isNested }: RunIdentity): string {
  return JSON.stringify(isNested ? [pipelineId, stepName ?? ''] : [pipelineId])
}
