import { setTimeout as sleep } from 'node:timers/promises'
import { type CommitOptions, isWriterError, WriterConcurrencyError, WriterTableError } from '@forge/writer-core'
import type { Action } from '../actions/actions.ts'
import { assertSaid, type Commit, formatActions, readCommit } from '../log/commit-file.ts'
import { batchAppId } from '../log/live-transactions.ts'
import { refreshSnapshot } from '../log/load-snapshot.ts'
import { commitPath } from '../log/log-file-name.ts'
import { commitInfoOf, Snapshot } from '../log/snapshot.ts'
import { type IsolationLevel, tableProperties } from '../protocol/table-properties.ts'
import { assertWritable, type WriteKind } from '../protocol/writer-gate.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { commitInfo } from './commit-info.ts'
import { type ConflictKind, conflictOf, movesOnly } from './conflict.ts'
import type { Proposal } from './proposal.ts'

/*
 * Who calls when:
 *
 *   write()            runTransaction()          commitProposal()          ObjectStore
 *     |  request            |                          |                       |
 *     |-------------------->|                          |                       |
 *     |<- prepare(snapshot) |  writes files, unseen    |                       |
 *     |-- proposal -------->|                          |                       |
 *     |<- inTurn(commit) ---|  waits for other writes of this process          |
 *     |                     |-- proposal, snapshot --->|                       |
 *     |                     |                          |-- putIfAbsent(N+1) -->|
 *     |                     |                          |<- created: committed  |
 *     |                     |                          |<- exists: winner -----|
 *     |                     |                          |   conflictOf(winner)  |
 *     |                     |                          |     none: rebase, put the next version
 *     |                     |<- conflict --------------|     else: give up     |
 *     |<- discard() --------|  deletes the files       |                       |
 *     |<- prepare(newest) --|  after a pause, until maxAttempts                |
 */

export interface TransactionRequest {
  /** The operation in this project's terms. */
  readonly name: string
  readonly kind: WriteKind
  readonly commit?: CommitOptions | undefined
  /**
   * Prepares the change against a snapshot. Called again, after {@link discard}, if another commit came in between. Resolves with undefined if there
   * is nothing to do.
   */
  prepare(snapshot: Snapshot | undefined): Promise<Proposal | undefined>
  /** Runs the commit when it is its turn among the writes of this process. Default at once. */
  readonly inTurn?: (<Result>(commit: () => Promise<Result>) => Promise<Result>) | undefined
  /** Deletes what the last {@link prepare} wrote. */
  discard(): Promise<void>
}

export interface TransactionOptions {
  /** The number of attempts if commits of others conflict. Default 10. */
  readonly maxAttempts: number
  readonly now: () => Date
  readonly random: () => number
}

export type TransactionOutcome =
  | {
      readonly outcome: 'committed'
      readonly snapshot: Snapshot
      readonly proposal: Proposal
      readonly timestampMs: number
    }
  | { readonly outcome: 'alreadyWritten'; readonly snapshot: Snapshot }
  | { readonly outcome: 'nothing'; readonly snapshot: Snapshot | undefined }

interface Conflict {
  readonly kind: ConflictKind
  readonly winner: Commit
  readonly snapshot: Snapshot
}

/**
 * The number of attempts in which a change includes rows that were appended meanwhile. After that it is ordered before them, as WriteSerializable
 * allows.
 */
const ATTEMPTS_TO_SEE_APPENDS = 3
/**
 * The limit of attempts lost to commits that only moved rows. They do not count as attempts; reaching the limit means that the table is packed
 * endlessly.
 */
const MAX_MOVES = 1000
/** The limit of rebases, far above the number of concurrent writers. Only a faulty store reaches it. */
const MAX_REBASES = 10_000

/**
 * Commits a change after `start`, or after later commits of others if the change is still correct there. Throws WriterConcurrencyError, naming the
 * winning commit, after `maxAttempts` conflicts.
 */
export async function runTransaction(
  store: ObjectStore,
  start: Snapshot | undefined,
  request: TransactionRequest,
  options: TransactionOptions,
): Promise<TransactionOutcome> {
  const appId = request.commit && batchAppId(request.commit.batchId)
  let snapshot = start
  let last: Conflict | undefined
  let moves = 0
  for (let attempt = 0; attempt - moves < options.maxAttempts; attempt++) {
    if (snapshot && appId !== undefined && snapshot.transaction(appId)) return { outcome: 'alreadyWritten', snapshot }
    if (snapshot) assertWritable(snapshot, request.kind)
    try {
      const proposal = await request.prepare(snapshot)
      if (proposal === undefined) return { outcome: 'nothing', snapshot }
      assertAppendOnly(snapshot, proposal)
      const seesAppends = attempt - moves + 1 < Math.min(ATTEMPTS_TO_SEE_APPENDS, options.maxAttempts)
      const start = snapshot
      const commit = () => commitProposal(store, start, { ...request, appId, proposal, seesAppends }, options)
      const result = await (request.inTurn ? request.inTurn(commit) : commit())
      if (result.outcome === 'committed') return result
      last = result.conflict
      if (proposal.reads !== 'removed' && moves < MAX_MOVES && movesOnly(last.winner)) moves++
    } catch (error) {
      // If the commit may exist, its files must stay.
      if (!isWriterError(error) || error.committed !== 'unknown') await request.discard()
      throw error
    }
    await request.discard()
    await backOff(attempt, options)
    // A change of an old snapshot would conflict with the same commits again.
    const { snapshot: after } = last
    snapshot = await refreshSnapshot(store, after, await readCommit(store, after.version + 1))
  }
  throw concurrencyError(last, options.maxAttempts)
}

interface CommitRequest extends Pick<TransactionRequest, 'name' | 'kind' | 'commit'> {
  readonly proposal: Proposal
  /** The application id of the batch. */
  readonly appId: string | undefined
  /** True if rows that are appended meanwhile are a conflict, although the table allows the change to be ordered before them. */
  readonly seesAppends: boolean
}

async function commitProposal(
  store: ObjectStore,
  start: Snapshot | undefined,
  request: CommitRequest,
  options: TransactionOptions,
) {
  const { proposal, appId } = request
  const isolationLevel = isolationOf(start, proposal)
  const mayPrecedeAppends = !request.seesAppends && isolationLevel === 'WriteSerializable'
  let snapshot = start
  for (let rebase = 0; rebase < MAX_REBASES; rebase++) {
    const version = (snapshot?.version ?? -1) + 1
    const now = options.now()
    const stamped = stamp(await previousCommitTime(store, snapshot, proposal), now)
    const info = commitInfo({
      proposal,
      operationName: request.name,
      options: request.commit,
      readVersion: start?.version ?? -1,
      now,
      isolationLevel,
      inCommitTimestamp: stamped,
    })
    const txn = appId === undefined ? [] : [{ txn: { appId, version, lastUpdated: now.getTime() } }]
    const actions: Action[] = [{ commitInfo: info }, ...txn, ...proposal.actions]
    const startedMs = performance.now()
    const winner = await putCommit(store, version, actions, info.txnId ?? '')
    if (winner === undefined) {
      const timestampMs = stamped ?? now.getTime()
      const committed = Snapshot.after(snapshot, [{ version, actions }])
      return { outcome: 'committed' as const, snapshot: committed, proposal, timestampMs }
    }
    const pause = pauseMs(store, rebase, performance.now() - startedMs)
    if (pause > 0) await sleep(pause * options.random())
    // Other commits may have followed: all of them are checked before the next attempt to commit.
    for (let next: Commit | undefined = winner; next; next = await readCommit(store, next.version + 1)) {
      const after = Snapshot.after(snapshot, [next])
      const kind = start === undefined ? 'metadataChanged' : conflictOf(proposal, appId, next, after)
      if (kind !== undefined && !(kind === 'rowsAppended' && mayPrecedeAppends))
        return { outcome: 'conflict' as const, conflict: { kind, winner: next, snapshot: after } }
      // The winning commit may have raised the protocol.
      if (next.actions.some((action) => action.protocol)) assertWritable(after, request.kind)
      snapshot = after
    }
  }
  throw new WriterConcurrencyError('other writers committed first each time', { committed: 'no' })
}

/** The longest pause before the next attempt to commit over a network, as a multiple of the time that the last one took. */
const MAX_PAUSE_FACTOR = 16

/**
 * Returns the longest pause after a lost attempt to commit. Over a network, several writers would otherwise read the same newest commit, and each put
 * would take as long as one that wins.
 */
function pauseMs({ isRemote = false }: ObjectStore, rebase: number, lostMs: number): number {
  if (isRemote) return lostMs * Math.min(2 ** rebase, MAX_PAUSE_FACTOR)
  return rebase > 2 ? Math.min(rebase, 20) : 0
}

/** Returns the isolation level. A change that also changes the table itself comes after all earlier commits, as in Spark. */
function isolationOf(start: Snapshot | undefined, { actions }: Proposal): IsolationLevel {
  if (start === undefined || actions.some(({ metaData }) => metaData)) return 'Serializable'
  return tableProperties(start.metadata).isolationLevel
}

/** Writes the commit. Resolves with undefined if it is ours, otherwise with the commit that exists. */
async function putCommit(
  store: ObjectStore,
  version: number,
  actions: readonly Action[],
  txnId: string,
): Promise<Commit | undefined> {
  try {
    if (await store.putIfAbsent(commitPath(version), formatActions(actions))) return undefined
  } catch (cause) {
    const isUnanswered = isWriterError(cause) && cause.committed === 'unknown'
    if (isWriterError(cause) && !isUnanswered) throw cause
    const owner = await commitOwner(store, version, txnId).catch(() => undefined)
    if (owner === 'mine' && isUnanswered) return undefined
    // A request without an answer may still arrive at the store.
    const isLost = owner === 'other' || (owner === 'nobody' && !isUnanswered)
    throw new WriterTableError(`commit ${version} could not be written`, {
      context: { version, location: store.location },
      committed: isLost ? 'no' : 'unknown',
      transient: isUnanswered && cause.transient,
      suggestions: isUnanswered ? cause.suggestions : [],
      cause,
    })
  }
  const winner = await readCommit(store, version)
  if (winner === undefined)
    throw new WriterTableError(`commit ${version} exists but cannot be read`, { committed: 'no' })
  assertSaid(winner)
  // A store with automatic retries may have lost the answer to the first attempt.
  return commitInfoOf(winner.actions)?.txnId === txnId ? undefined : winner
}

async function commitOwner(store: ObjectStore, version: number, txnId: string): Promise<'mine' | 'other' | 'nobody'> {
  const there = await readCommit(store, version)
  if (there === undefined) return 'nobody'
  return commitInfoOf(there.actions)?.txnId === txnId ? 'mine' : 'other'
}

/** Returns the in-commit timestamp of the commit before; undefined if the table has none, -1 if they start with this commit. */
async function previousCommitTime(
  store: ObjectStore,
  snapshot: Snapshot | undefined,
  proposal: Proposal,
): Promise<number | undefined> {
  const metadata = proposal.actions.find((action) => action.metaData)?.metaData ?? snapshot?.metadata
  if (metadata === undefined || !tableProperties(metadata).inCommitTimestamps) return undefined
  if (snapshot === undefined) return -1
  const info = snapshot.commitInfo ?? commitInfoOf((await readCommit(store, snapshot.version))?.actions ?? [])
  return info?.inCommitTimestamp ?? info?.timestamp ?? -1
}

function stamp(previous: number | undefined, now: Date): number | undefined {
  return previous === undefined ? undefined : Math.max(now.getTime(), previous + 1)
}

function assertAppendOnly(snapshot: Snapshot | undefined, proposal: Proposal): void {
  if (!snapshot || !tableProperties(snapshot.metadata).appendOnly) return
  if (!proposal.actions.some((action) => action.remove?.dataChange)) return
  throw new WriterTableError('the table is append-only: its rows cannot be changed or deleted', {
    context: { feature: 'appendOnly' },
    committed: 'no',
  })
}

function backOff(attempt: number, { random }: TransactionOptions): Promise<void> {
  return sleep(random() * Math.min(2 ** attempt * 5, 500))
}

function concurrencyError(conflict: Conflict | undefined, attempts: number): WriterConcurrencyError {
  const info = conflict && commitInfoOf(conflict.winner.actions)
  const version = conflict?.winner.version
  return new WriterConcurrencyError(
    `commit ${version} (${info?.operation ?? 'unknown operation'}) of another writer conflicts with this change: ${conflict?.kind}`,
    {
      context: { version, conflict: conflict?.kind, operation: info?.operation, winner: info?.engineInfo, attempts },
      suggestions: ['Write again: the change is then made against the newest version.'],
      committed: 'no',
    },
  )
}
