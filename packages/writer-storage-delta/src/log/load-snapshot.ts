import { WriterTableError } from '@forge/writer-core'
import type { Session } from '@forge/writer-storage-duckdb/engine'
import type { ObjectStore } from '../store/object-store.ts'
import { readCheckpoint } from './checkpoint-read.ts'
import { type Commit, readCommit } from './commit-file.ts'
import { commitPath } from './log-file-name.ts'
import { type LogSegment, listLog, logSegments } from './log-segment.ts'
import { stateFromCheckpoint } from './replay.ts'
import { advance, type Snapshot, snapshotOf } from './snapshot.ts'

const READ_AHEAD = 64

/** The table at `version`, or the newest. Undefined where there is no table. */
export async function loadSnapshot(
  store: ObjectStore,
  session: Session,
  version?: number,
): Promise<Snapshot | undefined> {
  const segments = logSegments(await listLog(store), version)
  if (segments === undefined) return undefined
  let firstError: unknown
  for (const segment of segments) {
    const start = await startOf(store, session, segment).catch((error: unknown) => {
      firstError ??= error
      return 'damaged' as const
    })
    if (start === 'damaged') continue
    const commits = await readCommits(store, segment.commits)
    return commits.length === 0 && start ? start : advance(start, commits)
  }
  throw firstError
}

/** The newest snapshot, from an older one: reads only the commits after it. */
export async function refreshSnapshot(store: ObjectStore, snapshot: Snapshot): Promise<Snapshot> {
  const commits: Commit[] = []
  for (;;) {
    const commit = await readCommit(store, snapshot.version + commits.length + 1)
    if (commit === undefined) break
    commits.push(commit)
  }
  return commits.length === 0 ? snapshot : advance(snapshot, commits)
}

async function startOf(store: ObjectStore, session: Session, segment: LogSegment): Promise<Snapshot | undefined> {
  if (segment.checkpoint === undefined) return undefined
  const actions = await readCheckpoint(store, session, segment.checkpoint)
  return snapshotOf(segment.checkpoint.version, stateFromCheckpoint(actions), undefined)
}

async function readCommits(store: ObjectStore, versions: readonly number[]): Promise<Commit[]> {
  const commits: Commit[] = []
  for (let from = 0; from < versions.length; from += READ_AHEAD) {
    const read = await Promise.all(versions.slice(from, from + READ_AHEAD).map((version) => commitAt(store, version)))
    commits.push(...read)
  }
  return commits
}

async function commitAt(store: ObjectStore, version: number): Promise<Commit> {
  const commit = await readCommit(store, version)
  if (commit) return commit
  throw new WriterTableError(`${commitPath(version)} is gone`, { context: { version } })
}
