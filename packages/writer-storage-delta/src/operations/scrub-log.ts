import type { Action, AddFile, CommitInfo } from '../actions/actions.ts'
import { writeCheckpoint } from '../log/checkpoint-write.ts'
import { formatActions } from '../log/commit-file.ts'
import { commitPath } from '../log/log-file-name.ts'
import { listLog } from '../log/log-segment.ts'
import { logTime } from '../log/log-time.ts'
import { commitInfoOf } from '../log/snapshot.ts'
import { parseStats } from '../stats/parsed-stats.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { TableCore } from '../table/table-core.ts'
import { type TimedCommit, timedCommits } from './commit-times.ts'

/**
 * Removes values of deleted rows from the log. Writes a checkpoint of the newest version, deletes older checkpoints, and removes bounds, run ids and
 * notes from the commits before it. The commits themselves stay, so that a writer with an older snapshot does not reuse their numbers, and so do their
 * times.
 */
export async function scrubLog(core: TableCore): Promise<void> {
  const { store } = core
  const snapshot = await core.latest()
  if (snapshot === undefined) return
  await core.withSession('checkpoint', async (session) =>
    writeCheckpoint(store, session, snapshot, await logTime(core)),
  )
  const { files, commits } = await listLog(store)
  for (const file of files) {
    const first = file.kind === 'compaction' ? file.from : file.version
    if (first < snapshot.version && file.kind !== 'commit') await store.delete([file.path])
  }
  await scrubCommits(
    store,
    commits.filter((version) => version < snapshot.version),
  )
}

/** The number of commits that are replaced at once. */
const PUTS_AT_ONCE = 16

async function scrubCommits(store: ObjectStore, versions: readonly number[]): Promise<void> {
  let waiting: TimedCommit[] = []
  const flush = async () => {
    await Promise.all(waiting.map((timed) => scrubCommit(store, timed)))
    waiting = []
  }
  for await (const timed of timedCommits(store, versions)) if (waiting.push(timed) >= PUTS_AT_ONCE) await flush()
  await flush()
}

async function scrubCommit(store: ObjectStore, { commit, ms }: TimedCommit): Promise<void> {
  const path = commitPath(commit.version)
  const before = formatActions(commit.actions)
  const scrubbed = commit.actions.map(scrubbedAction)
  if (Buffer.compare(before, formatActions(scrubbed)) === 0) return
  await store.forgetChecksum?.(path)
  if (store.replace === undefined) {
    await store.put(path, formatActions(withTime(scrubbed, ms)))
    return
  }
  const info = await store.head(path)
  if (info) await store.replace(path, formatActions(scrubbed), info.modifiedMs)
}

/**
 * Returns actions that hold the time of their commit, for a store that gives a replaced file a new time. The time comes first, as in tables with
 * in-commit timestamps.
 */
function withTime(actions: readonly Action[], ms: number): Action[] {
  const { inCommitTimestamp, ...known } = commitInfoOf(actions) ?? {}
  if (typeof inCommitTimestamp === 'number') return [...actions]
  const others = actions.filter(({ commitInfo }) => commitInfo === undefined)
  return [{ commitInfo: { inCommitTimestamp: ms, ...known } }, ...others]
}

function scrubbedAction(action: Action): Action {
  const { add, remove, commitInfo } = action
  if (add) return { add: { ...add, stats: add.stats && countOnly(add) } }
  if (remove && 'stats' in remove) {
    const { stats: _stats, ...rest } = remove as typeof remove & { readonly stats?: unknown }
    return { remove: rest }
  }
  return commitInfo ? { commitInfo: scrubbedInfo(commitInfo) } : action
}

function countOnly(add: AddFile): string {
  const { numRecords } = parseStats(add)
  return JSON.stringify(numRecords === undefined ? {} : { numRecords })
}

function scrubbedInfo({ userMetadata: _userMetadata, ...info }: CommitInfo): CommitInfo {
  const { forgeWriter } = info
  return {
    ...info,
    operationParameters: {},
    ...(forgeWriter && { forgeWriter: { ...forgeWriter, runId: null, note: null } }),
  }
}
