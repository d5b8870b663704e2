import type { CommitResult } from '@forge/writer-core'
import { anyOf, attribute, call, text } from '../plan/expressions.ts'
import type { ReadWays } from '../query/run-query.ts'
import { readRowCount, type TableState, tableRows } from '../table/table-state.ts'
import { batchPart } from './commit-note.ts'
import { type LoggedCommit, readHistory, resultOf } from './history.ts'
import { findInLog } from './log-files.ts'

/** The engines that write what this package notes in the history. All others may know batches that only the log shows. */
const SPARK = ['Apache-Spark', 'Databricks']

/** Returns the result of the batch's commit, or undefined if the table does not know the batch. */
export async function findBatch(ways: ReadWays, state: TableState, batchId: string): Promise<CommitResult | undefined> {
  if (!state.exists) return undefined
  const engine = attribute('engineInfo')
  const isOther = call('not', anyOf(SPARK.map((name) => call('startswith', engine, text(name)))))
  const isNoted = call('contains', attribute('userMetadata'), text(batchPart(batchId)))
  const commits = await readHistory(ways, state.place, {
    condition: anyOf([isNoted, call('isnull', engine), isOther]),
  })
  const found = commits.find(({ note }) => note?.batchId === batchId)
  if (found) return commitResult(ways, state, found, true)
  return commits.length > 0 ? findInLog(ways, state, batchId) : undefined
}

/** Returns the result of a commit, with the number of rows that it replaced. */
export async function commitResult(
  ways: ReadWays,
  { place }: TableState,
  commit: LoggedCommit,
  isRepeated: boolean,
): Promise<CommitResult> {
  const replaces = commit.operation === 'WRITE' && commit.note?.operation === 'overwrite' && commit.version > 0
  const before = replaces
    ? await readRowCount(ways, tableRows(place, commit.version - 1)).catch(() => undefined)
    : undefined
  return resultOf(commit, isRepeated, before)
}
