import type { LogBatch } from '../batch/log-batch.ts'
import { copyBatch, takeRows } from '../batch/select.ts'
import { assertPredicate } from '../predicate/check.ts'
import { compilePredicate } from '../predicate/compile-predicate.ts'
import type { Predicate } from '../predicate/predicate.ts'
import { aggregateBatches } from '../query/aggregate-batches.ts'
import { scanBatches } from '../query/scan-batches.ts'
import type { CommitOptions, CommitResult } from '../storage/commit.ts'
import { nothingWritten, overwriteParts } from '../storage/commit.ts'
import type { LogTable, TableOptions, TableReader, TableRef } from '../storage/log-table.ts'
import { assertMethodOptions } from '../storage/method-options.ts'
import { fitBatch } from './fit-batch.ts'
import type { Handle } from './handle.ts'
import { memoryUpkeep } from './memory-upkeep.ts'
import { assertKeys, mergeRows } from './merge-rows.ts'
import { type Change, liveBatches, type Snapshot } from './versions.ts'

export type MemoryTable = Required<Omit<LogTable, 'migrate' | 'exportTo'>>

/** Creates the table of a handle. */
export function memoryTable(ref: TableRef, handle: Handle): MemoryTable {
  const { versions, options, assertOpen } = handle
  const read = (): Snapshot => {
    assertOpen()
    return handle.latest()
  }
  const write = async (commit: CommitOptions, change: (before: Snapshot) => Change): Promise<CommitResult> => {
    assertOpen()
    assertMethodOptions('commit', commit)
    return versions.find(commit.batchId) ?? versions.commit(change(handle.latest()), commit)
  }
  return {
    ref,
    ...snapshotReader(read),
    append: (batch, commit) => write(commit, (before) => planAppend(before, [batch], options)),
    async appendStream(batches, commit) {
      const known = read() && versions.find(commit.batchId)
      if (known) return known
      return write(commit, (before) => planAppend(before, Array.from(batches, copyBatch), options))
    },
    overwrite: (batch, ...target) => {
      const { where, commit } = overwriteParts(target)
      return write(commit, (before) => planOverwrite(before, batch, options, where))
    },
    merge: (batch, merge, commit) =>
      write(commit, (before) => {
        assertMethodOptions('merge', merge)
        assertKeys(batch, merge.keys)
        const { columns, batch: fitted } = fitBatch(batch, before.columns, options)
        const stored = liveBatches(before).map((each) => fitBatch(each, columns, {}).batch)
        const operation = merge.whenMatched === 'ignore' ? 'ignore' : 'merge'
        const carried = new Set(batch.columns.map(({ name }) => name))
        const kept = before.columns.flatMap(({ name }) => (name === 'created_at' || !carried.has(name) ? name : []))
        return { operation, columns, isRewrite: true, ...mergeRows(stored, fitted, merge, kept) }
      }),
    async delete(where, commit) {
      if (read().version < 0) return nothingWritten()
      return write(commit, (before) => {
        const batches = without(before, where)
        return {
          operation: 'delete',
          columns: before.columns,
          isRewrite: true,
          batches,
          deleted: countRemoved(before, batches),
        }
      })
    },
    async findBatch(batchId) {
      assertOpen()
      return versions.find(batchId)
    },
    async history(asked = {}) {
      assertOpen()
      assertMethodOptions('history', asked)
      return versions.history(asked.limit)
    },
    async at(version) {
      assertOpen()
      const snapshot = versions.at(version)
      return snapshotReader(() => {
        assertOpen()
        return snapshot
      })
    },
    restore: (version, commit) =>
      write(commit, () => {
        const target = versions.at(version)
        return { operation: 'restore', columns: target.columns, isRewrite: true, batches: liveBatches(target) }
      }),
    ...memoryUpkeep(handle),
    async close() {
      handle.close()
    },
  }
}

/** Creates a reader of one snapshot, or of the newest one at the time of each call. */
function snapshotReader(snapshot: () => Snapshot): TableReader {
  return {
    scan(query = {}) {
      const now = snapshot()
      return scanBatches(liveBatches(now), query, now.columns)
    },
    async aggregate(query) {
      const now = snapshot()
      return aggregateBatches(allColumns(now), query, now.columns)
    },
    async info() {
      const now = snapshot()
      return {
        exists: now.version >= 0,
        rowCount: now.rowCount,
        columns: now.columns,
        sizeBytes: now.sizeBytes,
        files: now.length,
        version: now.version,
        location: 'memory:',
        partitionColumns: [],
      }
    },
  }
}

/** Returns the stored batches in the current columns, some of which may have been added or widened later. */
function allColumns(now: Snapshot): AsyncIterable<LogBatch> {
  return scanBatches(liveBatches(now), {}, now.columns)
}

/** Returns the change that appends the batches. Throws WriterSchemaError if one does not fit. */
export function planAppend(before: Snapshot, given: readonly LogBatch[], options: TableOptions): Change {
  let { columns } = before
  const batches: LogBatch[] = []
  for (const each of given) {
    const fitted = fitBatch(each, columns, options)
    columns = fitted.columns
    batches.push(fitted.batch)
  }
  const inserted = given.reduce((sum, { rowCount }) => sum + rowCount, 0)
  return { operation: 'append', columns, isRewrite: false, batches, inserted }
}

function planOverwrite(before: Snapshot, batch: LogBatch, options: TableOptions, where?: Predicate): Change {
  const { columns, batch: fitted } = fitBatch(batch, before.columns, options)
  const kept = where ? without(before, where) : []
  return {
    operation: 'overwrite',
    columns,
    isRewrite: true,
    batches: [...kept, fitted],
    inserted: batch.rowCount,
    deleted: countRemoved(before, kept),
  }
}

/** Returns the rows for which the predicate is not true. */
function without(before: Snapshot, where: Predicate): LogBatch[] {
  assertPredicate(where, before.columns)
  const truthOf = compilePredicate(where, before.columns)
  return liveBatches(before).map((batch) => {
    const truth = truthOf(batch)
    const kept: number[] = []
    for (let row = 0; row < batch.rowCount; row++) if (truth(row) !== 1) kept.push(row)
    return kept.length === batch.rowCount ? batch : takeRows(batch, kept)
  })
}

function countRemoved(before: Snapshot, kept: readonly LogBatch[]): number {
  return before.rowCount - kept.reduce((sum, batch) => sum + batch.rowCount, 0)
}
