import { isWriterError, WriterTableError } from '@forge/writer-core'
import type { Session } from '@forge/writer-storage-duckdb/engine'
import type { ObjectStore } from '../store/object-store.ts'
import { isStoreFailure } from '../store/store-failure.ts'
import { reconcile } from './action-reconciliation.ts'
import { readCheckpoint } from './checkpoint-read.ts'
import { assertSaid, type Commit, parseActions, readCommit } from './commit-file.ts'
import { commitPath } from './log-file-name.ts'
import { stateFromCheckpoint } from './log-replay.ts'
import { type CommitSpan, type LogSegment, listLog, logSegments } from './log-segment.ts'
import { Snapshot } from './snapshot.ts'

export const READ_AHEAD = 64
const MAX_LISTINGS = 10

/** Loads the table at `version`, or the newest. Returns undefined if there is no table. */
export async function loadSnapshot(
  store: ObjectStore,
  session: Session,
  version?: number,
): Promise<Snapshot | undefined> {
  const segments = await listSegments(store, version)
  if (segments === undefined) return undefined
  let firstError: unknown
  for (const segment of segments) {
    const start = await startOf(store, session, segment).catch((error: unknown) => {
      if (isStoreFailure(error)) throw error
      firstError ??= error
      return 'damaged' as const
    })
    if (start === 'damaged') continue
    const commits = await readCommits(store, segment.commits)
    const newest = commits.at(-1)
    if (newest && version === undefined) assertSaid(newest)
    return commits.length === 0 && start ? start : Snapshot.after(start, commits)
  }
  throw firstError
}

/** Lists the log again if a file was missed: a listing during commits may leave out one commit and include a later one. */
async function listSegments(store: ObjectStore, version: number | undefined): Promise<LogSegment[] | undefined> {
  for (let attempt = 1; ; attempt++) {
    const listing = await listLog(store)
    try {
      return logSegments(listing, version)
    } catch (error) {
      const missing = isWriterError(error) ? error.context.missing : undefined
      const isThere = typeof missing === 'number' && (await store.head(commitPath(missing))) !== undefined
      if (!isThere || attempt === MAX_LISTINGS) throw error
    }
  }
}

/** Returns the newest snapshot, based on an older one and the commit after that, which may not exist. Reads only the commits after it. */
export async function refreshSnapshot(
  store: ObjectStore,
  snapshot: Snapshot,
  next: Commit | undefined,
): Promise<Snapshot> {
  const commits: Commit[] = []
  for (let commit = next; commit; commit = await readCommit(store, commit.version + 1)) commits.push(commit)
  const newest = commits.at(-1)
  if (newest === undefined) return snapshot
  assertSaid(newest)
  return Snapshot.after(snapshot, commits)
}

async function startOf(store: ObjectStore, session: Session, segment: LogSegment): Promise<Snapshot | undefined> {
  if (segment.checkpoint === undefined) return undefined
  const actions = await readCheckpoint(store, session, segment.checkpoint)
  return Snapshot.of(segment.checkpoint.version, stateFromCheckpoint(actions), undefined)
}

async function readCommits(store: ObjectStore, spans: readonly CommitSpan[]): Promise<Commit[]> {
  const commits: Commit[] = []
  for (let from = 0; from < spans.length; from += READ_AHEAD) {
    commits.push(...(await Promise.all(spans.slice(from, from + READ_AHEAD).map((span) => readSpan(store, span)))))
  }
  return commits
}

async function readSpan(store: ObjectStore, { path, version }: CommitSpan): Promise<Commit> {
  const bytes = await store.get(path)
  const actions = bytes && parseActions(bytes, path)
  if (actions) return { version, actions: path === commitPath(version) ? actions : reconcile(actions) }
  throw new WriterTableError(`${path} is gone`, { context: { version } })
}
