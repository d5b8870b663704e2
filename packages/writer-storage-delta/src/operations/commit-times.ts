import { WriterTableError } from '@forge/writer-core'
import { type Commit, readCommit } from '../log/commit-file.ts'
import { commitPath, LOG_DIRECTORY } from '../log/log-file-name.ts'
import { listLog } from '../log/log-segment.ts'
import { commitInfoOf } from '../log/snapshot.ts'
import type { ObjectStore } from '../store/object-store.ts'

const READ_AHEAD = 64

/** A commit and its time. */
export interface TimedCommit {
  readonly commit: Commit
  /** The time of the commit, in milliseconds since 1970. */
  readonly ms: number
}

/**
 * Yields the commits of `versions` (ascending) from `from` on, each with its in-commit timestamp, otherwise with the time of its file, moved forward
 * if it would be before the last. Missing commits are left out.
 */
export async function* timedCommits(
  store: ObjectStore,
  versions: readonly number[],
  from = versions[0] ?? 0,
): AsyncGenerator<TimedCommit> {
  const wanted = versions.filter((version) => version >= from)
  let previous: number | undefined
  for (let at = 0; at < wanted.length; at += READ_AHEAD) {
    for (const found of await readTimed(store, wanted.slice(at, at + READ_AHEAD))) {
      // An in-commit timestamp is trusted even if files of older commits are newer: they may have been copied since.
      previous = found.isStamped
        ? found.ms
        : Math.max(found.ms, (previous ?? (await timeBefore(store, versions, from))) + 1)
      yield { commit: found.commit, ms: previous }
    }
  }
}

/**
 * Returns the time of the last version before `from`, by the times of files as far as possible. A file that is newer than the next one may have been
 * replaced, and then its commit holds the time, from which the later ones follow.
 */
async function timeBefore(store: ObjectStore, versions: readonly number[], from: number): Promise<number> {
  const before = versions.filter((version) => version < from)
  if (before.length === 0) return Number.NEGATIVE_INFINITY
  const listed = new Map((await store.list(LOG_DIRECTORY)).map(({ path, modifiedMs }) => [path, modifiedMs]))
  const modified = before.map((version) => listed.get(commitPath(version)))
  let reads = 0
  // Local files that are replaced keep their time.
  for (let at = before.length - 1; store.replace === undefined && at >= 0 && reads < MAX_READS; at--) {
    if (at < before.length - 1 && (modified[at] ?? 0) <= (modified[at + 1] ?? 0)) continue
    reads++
    const stamp = await stampOf(store, before[at] ?? 0)
    if (stamp !== undefined) return lastTime(modified.slice(at + 1), stamp)
  }
  return lastTime(modified, Number.NEGATIVE_INFINITY)
}

/** The number of commits that are read to find one that was replaced. */
const MAX_READS = 16

function lastTime(modified: readonly (number | undefined)[], first: number): number {
  return modified.reduce<number>((previous, ms) => Math.max(ms ?? previous, previous + 1), first)
}

/** Returns the time that a commit holds; undefined if it holds none. */
async function stampOf(store: ObjectStore, version: number): Promise<number | undefined> {
  const stamp = commitInfoOf((await readCommit(store, version))?.actions ?? [])?.inCommitTimestamp
  return typeof stamp === 'number' ? stamp : undefined
}

/** Returns the newest version at that time. Throws WriterTableError if the table did not exist yet, or if its commits of that time are gone. */
export async function versionAt(store: ObjectStore, time: Date): Promise<number> {
  const { commits } = await listLog(store)
  let version: number | undefined
  for await (const { commit, ms } of timedCommits(store, commits)) if (ms <= time.getTime()) version = commit.version
  if (version !== undefined) return version
  throw new WriterTableError(`the table has no version as old as ${time.toISOString()}`, {
    context: { oldest: commits[0], time: time.toISOString() },
  })
}

interface ReadCommit extends TimedCommit {
  /** True if the time is an in-commit timestamp. */
  readonly isStamped: boolean
}

/** Reads the commits of versions, and the times of those without an in-commit timestamp. */
async function readTimed(store: ObjectStore, versions: readonly number[]): Promise<ReadCommit[]> {
  const commits = (await Promise.all(versions.map((version) => readCommit(store, version)))).flatMap(
    (commit) => commit ?? [],
  )
  const stamps = new Map<Commit, number>()
  for (const commit of commits) {
    const stamp = commitInfoOf(commit.actions)?.inCommitTimestamp
    if (typeof stamp === 'number') stamps.set(commit, stamp)
  }
  const unstamped = commits.filter((commit) => !stamps.has(commit))
  const infos = await store.heads(unstamped.map(({ version }) => commitPath(version)))
  const modified = new Map(unstamped.map((commit, at) => [commit, infos[at]?.modifiedMs]))
  return commits.flatMap((commit) => {
    const stamp = stamps.get(commit)
    const ms = stamp ?? modified.get(commit)
    return ms === undefined ? [] : { commit, ms, isStamped: stamp !== undefined }
  })
}
