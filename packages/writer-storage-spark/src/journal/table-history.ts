import type { TableHistory, TableOperation, TableVersion } from '@forge/writer-core'
import { assertMethodOptions } from '@forge/writer-core/storage'
import type { ReadWays } from '../query/run-query.ts'
import { readDetail } from '../table/table-detail.ts'
import { readRowCount, type TableState, tableRows } from '../table/table-state.ts'
import { figuresOf, type LoggedCommit, readHistory } from './history.ts'

/** What Delta calls operations. Those of this package have their own words in the note. */
const OPERATIONS: Readonly<Record<string, TableOperation>> = {
  WRITE: 'append',
  MERGE: 'merge',
  DELETE: 'delete',
  RESTORE: 'restore',
  OPTIMIZE: 'optimize',
  'CREATE TABLE': 'create',
  'CREATE TABLE AS SELECT': 'create',
  'VACUUM START': 'vacuum',
  'VACUUM END': 'vacuum',
  'ADD COLUMNS': 'evolve',
  'CHANGE COLUMN': 'evolve',
}

/**
 * Returns the versions that Delta's history has. The rows of each follow from the newest one and what each commit changed. Those that it does not say
 * are counted in the version itself, and are 0 if its files are gone.
 */
export async function tableHistory(
  ways: ReadWays,
  state: TableState,
  options: { readonly limit?: number | undefined } = {},
): Promise<TableHistory> {
  assertMethodOptions('history', options)
  if (!state.exists) return { totalVersions: 0, versions: [] }
  const [commits, detail, rowCount] = await Promise.all([
    readHistory(ways, state.place),
    readDetail(ways, state.place),
    readRowCount(ways, state.rows),
  ])
  const versions: TableVersion[] = []
  let [rows, bytes] = [rowCount, detail.sizeBytes]
  for (const commit of commits.slice(0, options.limit)) {
    const before = await rowsBefore(ways, state, commit, rows)
    versions.push({ ...versionOf(commit, rows - before), rowCount: rows, sizeBytes: Math.max(0, bytes) })
    rows = before
    bytes -= bytesAdded(commit)
  }
  return { totalVersions: commits.length, versions }
}

/** Resolves with the rows of the table before a commit. */
async function rowsBefore(ways: ReadWays, state: TableState, commit: LoggedCommit, after: number): Promise<number> {
  if (commit.version === 0) return 0
  if (isKnown(commit)) {
    const { inserted, deleted } = figuresOf(commit)
    return after - inserted + deleted
  }
  return readRowCount(ways, tableRows(state.place, commit.version - 1)).catch(() => 0)
}

const KEEPING = new Set(['OPTIMIZE', 'VACUUM START', 'VACUUM END', 'ADD COLUMNS', 'CHANGE COLUMN', 'SET TBLPROPERTIES'])

/** Returns true if the metrics of a commit say how the number of rows changed. */
function isKnown({ operation, parameters, metrics }: LoggedCommit): boolean {
  if (operation === 'WRITE' || operation === 'STREAMING UPDATE') return parameters.mode !== 'Overwrite'
  if (operation === 'DELETE') return metrics.numDeletedRows !== undefined
  return operation === 'MERGE' || operation === 'UPDATE' || KEEPING.has(operation)
}

function versionOf(commit: LoggedCommit, change: number): Omit<TableVersion, 'rowCount' | 'sizeBytes'> {
  const { version, timestamp, operation, note, engine } = commit
  const own = note?.operation ?? OPERATIONS[operation] ?? operation
  const { inserted, updated, deleted } = figuresOf(commit)
  const isReplaced = note?.operation === 'overwrite' && operation === 'WRITE'
  const removed = isReplaced ? inserted - change : deleted
  const isRestore = operation === 'RESTORE'
  return {
    version,
    timestamp,
    operation: own,
    rowsAdded: isRestore ? Math.max(0, change) : inserted + updated,
    rowsRemoved: isRestore ? Math.max(0, -change) : removed + updated,
    batchId: note?.batchId ?? null,
    writer: note?.writer ?? engine,
    note: note?.note ?? null,
  }
}

function bytesAdded({ metrics }: LoggedCommit): number {
  const metric = (...names: readonly string[]) =>
    Number(names.map((name) => metrics[name]).find((value) => value !== undefined) ?? 0)
  const added = metric('numOutputBytes', 'numTargetBytesAdded', 'numAddedBytes', 'restoredFilesSize')
  return added - metric('numTargetBytesRemoved', 'numRemovedBytes', 'removedFilesSize')
}
