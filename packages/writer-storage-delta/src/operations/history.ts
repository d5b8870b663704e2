import type { TableHistory, TableVersion } from '@forge/writer-core'
import { assertMethodOptions } from '@forge/writer-core/storage'
import type { AddFile, CommitInfo } from '../actions/actions.ts'
import { fileKey } from '../actions/file-key.ts'
import type { Commit } from '../log/commit-file.ts'
import { type LogListing, listLog } from '../log/log-segment.ts'
import { commitInfoOf, type Snapshot } from '../log/snapshot.ts'
import { liveRows } from '../stats/parsed-stats.ts'
import type { TableCore } from '../table/table-core.ts'
import { timedCommits } from './commit-times.ts'

/**
 * Returns the versions that can still be read and whose commits exist, each with the rows and bytes of the table according to statistics. Throws
 * WriterConfigurationError if the limit is not a count.
 */
export async function history(
  core: TableCore,
  options: { readonly limit?: number | undefined } = {},
): Promise<TableHistory> {
  assertMethodOptions('history', options)
  const { limit } = options
  const oldest = await startingPoint(core, await listLog(core.store))
  const { start, from } = await nearerStart(core, oldest, limit)
  const files = new Map<string, AddFile>(start?.state().files)
  const totals = { rows: sum(files, (file) => liveRows(file) ?? 0), bytes: sum(files, (file) => file.size) }
  const versions: TableVersion[] = []
  for await (const { commit, ms } of timedCommits(core.store, oldest.commits, from)) {
    const change = applyCommit(files, totals, commit)
    const info = commitInfoOf(commit.actions)
    const timestamp = new Date(ms).toISOString()
    versions.push({ ...describeVersion(commit.version, info), ...change, ...changedRows(info), timestamp })
  }
  return { totalVersions: oldest.commits.length, versions: versions.reverse().slice(0, limit) }
}

interface StartingPoint {
  /** The table before or at the first commit. */
  readonly start: Snapshot | undefined
  readonly commits: readonly number[]
}

/** Returns a later starting point if only the newest versions are asked for, so that the rest of a long log is not read. */
async function nearerStart(core: TableCore, { start, commits }: StartingPoint, limit: number | undefined) {
  const from = limit === undefined ? undefined : commits.at(-limit)
  if (from === undefined || from === commits[0]) return { start, from: commits[0] }
  const nearer = await core.at(from - 1).catch(() => undefined)
  return nearer ? { start: nearer, from } : { start, from: commits[0] }
}

/** Returns the table before or at the oldest version that can be read, and the commits from there on. */
async function startingPoint(core: TableCore, { commits, checkpoints }: LogListing): Promise<StartingPoint> {
  const afterGap = commits.findLastIndex((version, at) => version !== (commits[at - 1] ?? -1) + 1)
  const kept = commits.slice(Math.max(0, afterGap))
  const [first = 0] = kept
  if (first === 0) return { start: undefined, commits: kept }
  // A log whose start was deleted by others can be read from its next checkpoint on.
  for (const { version } of checkpoints.toReversed()) {
    if (version < first - 1) continue
    const start = await core.at(version).catch(() => undefined)
    if (start) return { start, commits: kept.filter((each) => each >= version) }
  }
  return { start: undefined, commits: [] }
}

function applyCommit(files: Map<string, AddFile>, totals: { rows: number; bytes: number }, { actions }: Commit) {
  let rowsAdded = 0
  let rowsRemoved = 0
  for (const { remove } of actions) {
    if (!remove) continue
    const key = fileKey(remove.path, remove.deletionVector)
    const file = files.get(key)
    files.delete(key)
    const rows = file ? (liveRows(file) ?? 0) : 0
    totals.rows -= rows
    totals.bytes -= file?.size ?? 0
    if (remove.dataChange) rowsRemoved += rows
  }
  for (const { add } of actions) {
    const key = add && fileKey(add.path, add.deletionVector)
    if (add === undefined || key === undefined || files.has(key)) continue
    files.set(key, add)
    const rows = liveRows(add) ?? 0
    totals.rows += rows
    totals.bytes += add.size
    if (add.dataChange) rowsAdded += rows
  }
  return { rowCount: totals.rows, sizeBytes: totals.bytes, rowsAdded, rowsRemoved }
}

/** Returns the changed rows according to our own commit information, because their files also hold rows that were only copied. */
function changedRows(info: CommitInfo | undefined): { rowsAdded?: number; rowsRemoved?: number } {
  const facts = info?.forgeWriter
  if (facts === undefined || facts.operation === 'restore') return {}
  const updated = facts.rowsUpdated ?? 0
  return { rowsAdded: (facts.rowsInserted ?? 0) + updated, rowsRemoved: (facts.rowsDeleted ?? 0) + updated }
}

function describeVersion(version: number, info: CommitInfo | undefined) {
  const facts = info?.forgeWriter
  return {
    version,
    operation: facts?.operation ?? info?.operation ?? 'unknown',
    batchId: facts?.batchId ?? null,
    writer: facts?.writer ?? info?.engineInfo ?? null,
    note: facts?.note ?? null,
  }
}

function sum(files: ReadonlyMap<string, AddFile>, figure: (file: AddFile) => number): number {
  return [...files.values()].reduce((total, file) => total + figure(file), 0)
}
