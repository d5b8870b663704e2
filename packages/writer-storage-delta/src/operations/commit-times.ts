import { WriterTableError } from '@forge/writer-core'
import { readCommit } from '../log/commit-file.ts'
import { commitPath } from '../log/log-file-name.ts'
import { listLog } from '../log/log-segment.ts'
import { commitInfoOf } from '../log/snapshot.ts'
import type { ObjectStore } from '../store/object-store.ts'

const READ_AHEAD = 64

/**
 * When each commit was made, in milliseconds since 1970: its in-commit timestamp, else the time of its file, moved so that it never goes back.
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
      previous = Math.max(time, previous + 1)
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

async function commitTime(store: ObjectStore, version: number): Promise<number | undefined> {
  const commit = await readCommit(store, version)
  const stamped = commit && commitInfoOf(commit.actions)?.inCommitTimestamp
  return stamped ?? (await store.head(commitPath(version)))?.modifiedMs
}
