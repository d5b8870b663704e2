import { WriterTableError } from '@forge/writer-core'
import { readCommit } from '../log/commit-file.ts'
import { commitPath } from '../log/log-file-name.ts'
import { listLog } from '../log/log-segment.ts'
import { commitInfoOf } from '../log/snapshot.ts'
import type { ObjectStore } from '../store/object-store.ts'

const READ_AHEAD = 64

/**
 * When each commit was made, in milliseconds since 1970: its in-commit timestamp, else the time of its file, moved so that it does not go back.
 * `versions` are ascending.
 */
export async function commitTimes(store: ObjectStore, versions: readonly number[]): Promise<Map<number, number>> {
  const times = new Map<number, number>()
  let previous = Number.NEGATIVE_INFINITY
  for (let from = 0; from < versions.length; from += READ_AHEAD) {
    const some = versions.slice(from, from + READ_AHEAD)
    const found = await Promise.all(some.map((version) => commitTime(store, version)))
    for (const [at, time] of found.entries()) {
      if (time === undefined) continue
      // What a commit says of itself holds, whatever the files of older ones say: they may have been copied since.
      previous = time.isStamped ? time.ms : Math.max(time.ms, previous + 1)
      times.set(some[at] ?? 0, previous)
    }
  }
  return times
}

/** The newest version at that time. Throws WriterTableError where the table was not there yet, or its commits of then are gone. */
export async function versionAt(store: ObjectStore, time: Date): Promise<number> {
  const { commits } = await listLog(store)
  const times = await commitTimes(store, commits)
  const version = [...times].findLast(([, ms]) => ms <= time.getTime())?.[0]
  if (version !== undefined) return version
  throw new WriterTableError(`no version of the table is as old as ${time.toISOString()}`, {
    context: { oldest: commits[0], time: time.toISOString() },
  })
}

interface CommitTime {
  readonly ms: number
  readonly isStamped: boolean
}

async function commitTime(store: ObjectStore, version: number): Promise<CommitTime | undefined> {
  const commit = await readCommit(store, version)
  const stamp = commit && commitInfoOf(commit.actions)?.inCommitTimestamp
  if (typeof stamp === 'number') return { ms: stamp, isStamped: true }
  const info = await store.head(commitPath(version))
  return info && { ms: info.modifiedMs, isStamped: false }
}
