import { WriterUnsupportedError } from '@forge/writer-core'
import type { Action, AddFile, CommitInfo } from '../actions/actions.ts'
import { writeCheckpoint } from '../log/checkpoint-write.ts'
import { formatActions, readCommit } from '../log/commit-file.ts'
import { listLog } from '../log/log-segment.ts'
import { logTime } from '../log/log-time.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import { parseStats } from '../stats/parsed-stats.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { TableCore } from '../table/table-core.ts'

/**
 * Removes values of deleted rows from the log. Writes a checkpoint of the newest version, deletes older checkpoints, and removes bounds, run ids and
 * notes from the commits before it. The commits themselves stay, so that a writer with an older snapshot does not reuse their numbers.
 */
export async function scrubLog(core: TableCore): Promise<void> {
  const { store } = core
  const snapshot = await core.latest()
  if (snapshot === undefined) return
  await core.withSession('checkpoint', async (session) =>
    writeCheckpoint(store, session, snapshot, await logTime(core)),
  )
  const { files } = await listLog(store)
  for (const file of files) {
    const first = file.kind === 'compaction' ? file.from : file.version
    if (first >= snapshot.version) continue
    if (file.kind === 'commit') await scrubCommit(store, file.version, file.path)
    else await store.delete([file.path])
  }
}

/**
 * Throws WriterUnsupportedError if scrubbing would change the times of versions: the store sets the time of a replaced commit, and the commits hold no
 * time of their own.
 */
export function assertScrubbable({ store }: Pick<TableCore, 'store'>, { metadata }: Pick<Snapshot, 'metadata'>): void {
  const isStamped = tableProperties(metadata).inCommitTimestamps
  const hasOlder = metadata.configuration?.['delta.inCommitTimestampEnablementVersion'] !== undefined
  if (store.replace !== undefined || (isStamped && !hasOlder)) return
  throw new WriterUnsupportedError('the log of this table cannot be cleaned of values here', {
    context: { feature: 'vacuum everything', location: store.location },
    suggestions: [
      'Vacuum without `everything`, and let delta.logRetentionDuration delete older commits.',
      'Create tables with delta.enableInCommitTimestamps if their log has to be cleaned.',
    ],
    committed: 'no',
  })
}

async function scrubCommit(store: ObjectStore, version: number, path: string): Promise<void> {
  const [commit, info] = [await readCommit(store, version), await store.head(path)]
  if (commit === undefined || info === undefined) return
  const before = formatActions(commit.actions)
  const scrubbed = formatActions(commit.actions.map(scrubbedAction))
  if (Buffer.compare(before, scrubbed) === 0) return
  await store.forgetChecksum?.(path)
  await (store.replace ? store.replace(path, scrubbed, info.modifiedMs) : store.put(path, scrubbed))
}

function scrubbedAction(action: Action): Action {
  const { add, remove, commitInfo } = action
  if (add) return { add: { ...add, ...(add.stats && { stats: countOnly(add) }) } }
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
