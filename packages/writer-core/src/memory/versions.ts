import { batchBytes } from '../batch/batch-bytes.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { WriterTableError } from '../errors/kinds.ts'
import type { CommitOptions, CommitResult } from '../storage/commit.ts'
import { defaultWriter } from '../storage/default-writer.ts'
import type { TableHistory, TableOperation, TableVersion } from '../storage/table-info.ts'
import { isoFromMicros, microsFromDate } from '../time/instant.ts'

/** A table at one version. Consecutive appends share one list; each version knows its length. */
export interface Snapshot {
  readonly version: number
  readonly columns: readonly ColumnDefinition[]
  readonly list: LogBatch[]
  readonly length: number
  readonly rowCount: number
  readonly sizeBytes: number
}

/** The change that a commit makes. */
export interface Change {
  readonly operation: TableOperation
  readonly columns: readonly ColumnDefinition[]
  /** Batches that are added to the existing rows, or replace them. */
  readonly batches: readonly LogBatch[]
  readonly isRewrite: boolean
  readonly inserted?: number | undefined
  readonly updated?: number | undefined
  readonly deleted?: number | undefined
  readonly skipped?: number | undefined
}

/** The versions of one table. */
export interface Versions {
  /** Returns the newest version; before the first write an empty one with the `declared` columns. */
  latest(declared: readonly ColumnDefinition[]): Snapshot
  /** Returns a version. Throws WriterTableError if it never existed or was removed. */
  at(version: number | Date): Snapshot
  commit(change: Change, commit: CommitOptions): CommitResult
  /** Undoes later versions, in the same turn of the event loop in which they were committed. */
  undoTo(version: number): void
  find(batchId: string): CommitResult | undefined
  history(limit?: number): TableHistory
  /** Removes the rows of versions that were replaced before that time; returns the batches and bytes that no other version uses. */
  forget(before: Date, dryRun: boolean): { readonly batches: number; readonly bytes: number }
}

interface Entry {
  readonly snapshot: Snapshot
  readonly version: TableVersion
  readonly result: CommitResult
  isGone: boolean
}

export function versionsOf(): Versions {
  const entries: Entry[] = []
  const byBatch = new Map<string, CommitResult>()
  const latest = (declared: readonly ColumnDefinition[] = []): Snapshot =>
    entries.at(-1)?.snapshot ?? { version: -1, columns: declared, list: [], length: 0, rowCount: 0, sizeBytes: 0 }

  return {
    latest,
    at(asked) {
      const entry =
        typeof asked === 'number'
          ? entries[asked]
          : entries.findLast(({ version }) => Date.parse(version.timestamp) <= asked.getTime())
      if (entry && !entry.isGone) return entry.snapshot
      const what = typeof asked === 'number' ? `version ${asked}` : `a version at ${asked.toISOString()}`
      throw new WriterTableError(`${what} does not exist`, { context: { newest: latest().version }, committed: 'no' })
    },
    commit(change, { batchId, writer = defaultWriter(), note }) {
      const snapshot = nextSnapshot(latest(), change)
      const timestamp = isoFromMicros(microsFromDate(new Date()))
      const result = resultOf(change, snapshot.version, timestamp)
      const version: TableVersion = {
        version: snapshot.version,
        timestamp,
        operation: change.operation,
        rowCount: snapshot.rowCount,
        sizeBytes: snapshot.sizeBytes,
        rowsAdded: result.rowsInserted + result.rowsUpdated,
        rowsRemoved: result.rowsDeleted + result.rowsUpdated,
        batchId,
        writer,
        note: note ?? null,
      }
      entries.push({ snapshot, version, result, isGone: false })
      byBatch.set(batchId, result)
      return result
    },
    undoTo(version) {
      for (const { version: undone } of entries.splice(version + 1)) byBatch.delete(undone.batchId ?? '')
    },
    find(batchId) {
      const result = byBatch.get(batchId)
      return result && { ...result, alreadyWritten: true }
    },
    history: (limit = entries.length) => ({
      totalVersions: entries.length,
      versions: entries
        .map(({ version }) => version)
        .reverse()
        .slice(0, limit),
    }),
    forget(before, dryRun) {
      const going = entries.filter((entry, at) => {
        const next = entries[at + 1]
        return !entry.isGone && next !== undefined && Date.parse(next.version.timestamp) < before.getTime()
      })
      const kept = new Set(
        entries
          .filter((entry) => !going.includes(entry) && !entry.isGone)
          .flatMap(({ snapshot }) => liveBatches(snapshot)),
      )
      const gone = new Set(going.flatMap(({ snapshot }) => liveBatches(snapshot)).filter((batch) => !kept.has(batch)))
      if (!dryRun) for (const entry of going) drop(entry)
      return { batches: gone.size, bytes: [...gone].reduce((sum, batch) => sum + batchBytes(batch), 0) }
    },
  }

  function drop(entry: Entry): void {
    const at = entries.indexOf(entry)
    entries[at] = { ...entry, snapshot: { ...entry.snapshot, list: [], length: 0 }, isGone: true }
  }
}

/** Returns the batches of a snapshot as a list of its own, which later appends do not change. */
export function liveBatches({ list, length }: Snapshot): readonly LogBatch[] {
  return list.slice(0, length)
}

function nextSnapshot(before: Snapshot, { columns, batches, isRewrite, inserted = 0, deleted = 0 }: Change): Snapshot {
  const added = batches.filter(({ rowCount }) => rowCount > 0)
  // After a restore, an older list may be longer than the newest version; then it is no longer shared.
  const list = isRewrite ? added : before.length === before.list.length ? before.list : [...liveBatches(before)]
  if (!isRewrite) list.push(...added)
  const addedBytes = added.reduce((sum, batch) => sum + batchBytes(batch), 0)
  const rowCount = isRewrite
    ? added.reduce((sum, batch) => sum + batch.rowCount, 0)
    : before.rowCount + inserted - deleted
  return {
    version: before.version + 1,
    columns,
    list,
    length: list.length,
    rowCount,
    sizeBytes: isRewrite ? addedBytes : before.sizeBytes + addedBytes,
  }
}

function resultOf(change: Change, version: number, timestamp: string): CommitResult {
  const { inserted = 0, updated = 0, deleted = 0, skipped = 0 } = change
  return {
    version,
    alreadyWritten: false,
    timestamp,
    rowsWritten: inserted + updated,
    rowsInserted: inserted,
    rowsUpdated: updated,
    rowsDeleted: deleted,
    rowsSkipped: skipped,
  }
}
