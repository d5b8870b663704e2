import { WriterTableError } from '@forge/writer-core'
import { assertReadable } from '../protocol/reader-gate.ts'
import type { Action, CommitInfo, Metadata, Protocol } from './actions.ts'
import type { Commit } from './commit-file.ts'
import { EMPTY_STATE, type LogState, replay } from './replay.ts'

/** The table at one version. Never changes; the next version is a snapshot of its own. */
export interface Snapshot {
  readonly version: number
  readonly protocol: Protocol
  readonly metadata: Metadata
  /** Of the commit itself; undefined where the version was read from a checkpoint. */
  readonly commitInfo: CommitInfo | undefined
  /** Reconciled when first asked for: appends never pay for it. */
  state(): LogState
}

/** Throws WriterTableError without protocol or metadata, and WriterUnsupportedError by the name of a feature that reading needs. */
export function snapshotOf(version: number, state: LogState, commitInfo: CommitInfo | undefined): Snapshot {
  const { protocol, metadata } = requireHeader(version, state.protocol, state.metadata)
  return { version, protocol, metadata, commitInfo, state: () => state }
}

/** The snapshot after `commits`, which follow `before` (undefined: the start of the log) without a gap. */
export function advance(before: Snapshot | undefined, commits: readonly Commit[]): Snapshot {
  const last = commits.at(-1)
  if (last === undefined) throw new RangeError('no commits to advance by')
  let protocol = before?.protocol
  let metadata = before?.metadata
  for (const { actions } of commits) {
    for (const action of actions) {
      protocol = action.protocol ?? protocol
      metadata = action.metaData ?? metadata
    }
  }
  const header = requireHeader(last.version, protocol, metadata)
  const commitInfo = commitInfoOf(last.actions)
  return { version: last.version, ...header, commitInfo, state: lazyState(before, commits) }
}

export function commitInfoOf(actions: readonly Action[]): CommitInfo | undefined {
  return actions.find((action) => action.commitInfo)?.commitInfo
}

const CHAIN = new WeakMap<() => LogState, { before: Snapshot | undefined; commits: readonly Commit[] }>()

function lazyState(before: Snapshot | undefined, commits: readonly Commit[]): () => LogState {
  let known: LogState | undefined
  const state = () => {
    if (known) return known
    // A chain of thousands of appends is walked, not recursed into.
    const pending: (readonly Commit[])[] = []
    let base: LogState | undefined
    for (let at: (() => LogState) | undefined = state; at && !base; ) {
      const link = CHAIN.get(at)
      if (link === undefined) base = at()
      else {
        pending.push(link.commits)
        at = link.before?.state
      }
    }
    known = replay(
      base ?? EMPTY_STATE,
      pending.reverse().flatMap((each) => each.map((commit) => commit.actions)),
    )
    CHAIN.delete(state)
    return known
  }
  CHAIN.set(state, { before, commits })
  return state
}

function requireHeader(version: number, protocol: Protocol | undefined, metadata: Metadata | undefined) {
  if (protocol === undefined) throw new WriterTableError(`the log has no protocol at version ${version}`)
  // The gate comes first: an unknown feature may change what metadata means.
  assertReadable(protocol)
  if (metadata === undefined) throw new WriterTableError(`the log has no metadata at version ${version}`)
  return { protocol, metadata }
}
