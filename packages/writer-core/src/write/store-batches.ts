import { performance } from 'node:perf_hooks'
import type { LogBatch } from '../batch/log-batch.ts'
import { selectColumns } from '../batch/select.ts'
import { isAllNull } from '../batch/validity.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import type { Anomaly } from '../findings/anomaly.ts'
import type { QualityResult } from '../findings/quality-result.ts'
import type { BeforeWriteResult, DivertedRows, HookReport, WriteContext, WriteHook } from '../hooks/write-hook.ts'
import type { WriterEvent } from '../hooks/writer-event.ts'
import type { TableSource } from '../source/table-source.ts'
import type { CommitOptions, CommitResult } from '../storage/commit.ts'
import { type BatchFigures, batchFigures } from './batch-figures.ts'
import { commitAll, type TableCommit } from './commit.ts'
import type { TableBatch } from './row-intake.ts'
import { writeContext } from './write-context.ts'

export interface StoreContext {
  readonly source: TableSource
  readonly hooks: readonly WriteHook[]
  readonly now: () => Date
  readonly emit: (event: WriterEvent) => void
}

export interface StoreRequest {
  readonly batches: readonly TableBatch[]
  readonly batchId: string
  readonly runId: string | undefined
  readonly note?: Readonly<Record<string, string>> | undefined
}

/** The outcome of the rows of one table. */
export interface StoredTable {
  readonly handle: TableBatch['handle']
  readonly figures: BatchFigures
  /** The commit; undefined if the hooks left no rows to write. */
  readonly commit: CommitResult | undefined
}

export interface StoreResult {
  readonly tables: readonly StoredTable[]
  readonly quality?: QualityResult | undefined
  readonly anomalies?: readonly Anomaly[] | undefined
  readonly hooksMs: number
  readonly commitMs: number
}

interface Judged extends TableBatch {
  readonly context: WriteContext
  readonly divert: readonly DivertedRows[]
  readonly leftOut: readonly string[]
}

/** Runs the hooks before the write, commits the rows, and runs the hooks after the write. */
export async function storeBatches(request: StoreRequest, store: StoreContext): Promise<StoreResult> {
  const reports: HookReport[] = []
  const startedMs = performance.now()
  const judged: Judged[] = []
  for (const each of request.batches) judged.push(await judge(each, request, store, reports))
  const judgedMs = performance.now()
  const tables = await commitJudged(judged, request, store)
  const committedMs = performance.now()
  for (const [at, { commit }] of tables.entries()) {
    const { batch, context } = judged[at] ?? {}
    if (commit && batch && context) await afterWrite({ commit, batch, context }, store, reports)
  }
  return {
    tables,
    ...mergeReports(reports),
    hooksMs: judgedMs - startedMs + (performance.now() - committedMs),
    commitMs: committedMs - judgedMs,
  }
}

async function judge(
  { handle, batch, leftOut = [] }: TableBatch,
  { batchId, runId }: StoreRequest,
  { source, hooks, now, emit }: StoreContext,
  reports: HookReport[],
): Promise<Judged> {
  const context = writeContext(source, { tableRef: handle.ref, batchId, runId, now, emit })
  let left = batch
  const divert: DivertedRows[] = []
  for (const hook of hooks) {
    const result: BeforeWriteResult | undefined = await hook.beforeWrite?.(left, context)
    if (!result) continue
    left = result.batch ?? left
    divert.push(...(result.divert ?? []))
    reports.push(result)
  }
  return { handle, batch: left, leftOut, context, divert }
}

/** Commits diverted rows first, so that a storage without transactions over tables never stores the other rows without them. */
async function commitJudged(
  judged: readonly Judged[],
  request: StoreRequest,
  { source, emit }: StoreContext,
): Promise<StoredTable[]> {
  const { config, storage } = source
  const diverted: TableCommit[] = []
  for (const each of judged) diverted.push(...(await divertedCommits(each, request)))
  const written = judged.filter(({ batch }) => batch.rowCount > 0 || config.writeMode === 'overwrite')
  const commits = written.map(({ handle, batch: all, leftOut }): TableCommit => {
    const batch = withoutColumns(all, leftOut)
    return { table: handle.table, batch, mode: config.writeMode, commit: commitOptions(request, request.batchId) }
  })
  const results = await commitAll([...diverted, ...commits], {
    storage,
    config,
    onRetry: (retry) => emit({ type: 'retry', batchId: request.batchId, ...retry }),
  })
  return judged.map((each) => {
    const at = written.indexOf(each)
    return {
      handle: each.handle,
      figures: batchFigures(each.batch),
      commit: at < 0 ? undefined : results[diverted.length + at],
    }
  })
}

/** Removes the columns that neither rows nor hooks have filled, so that nulls do not overwrite values of the table. */
function withoutColumns(batch: LogBatch, leftOut: readonly string[]): LogBatch {
  const isWritten = ({ name }: ColumnDefinition, at: number) =>
    !leftOut.includes(name) || !isAllNull(batch.vectors[at]?.validity ?? null, batch.rowCount)
  if (leftOut.length === 0 || batch.columns.every(isWritten)) return batch
  return selectColumns(
    batch,
    batch.columns.filter(isWritten).map(({ name }) => name),
  )
}

async function divertedCommits({ divert, context }: Judged, request: StoreRequest): Promise<TableCommit[]> {
  const commits: TableCommit[] = []
  for (const [at, { companion, columns, batch }] of divert.entries()) {
    const table = await context.companion(companion, columns)
    const commit = commitOptions(request, `${request.batchId}:${companion}:${at}`)
    commits.push({ table, batch, mode: 'append', commit })
  }
  return commits
}

function commitOptions({ runId, note }: StoreRequest, batchId: string): CommitOptions {
  return { batchId, runId, note }
}

async function afterWrite(
  { commit, batch, context }: { commit: CommitResult; batch: LogBatch; context: WriteContext },
  { hooks, emit, source }: StoreContext,
  reports: HookReport[],
): Promise<void> {
  for (const hook of hooks) {
    try {
      const report = await hook.afterWrite?.(commit, batch, context)
      if (report) reports.push(report)
    } catch (error) {
      source.logger.error({ hook: hook.name, error }, 'a hook failed after the write')
      emit({ type: 'hookFailed', hook: hook.name, error })
    }
  }
}

/** Merges the reports of hooks; the worst of several verdicts counts. */
function mergeReports(reports: readonly HookReport[]): HookReport {
  const verdicts = reports.flatMap(({ quality }) => quality ?? [])
  const quality = verdicts.find(({ qualityPassed }) => !qualityPassed) ?? verdicts.at(-1)
  const anomalies = reports.flatMap((report) => report.anomalies ?? [])
  const isJudged = reports.some((report) => report.anomalies !== undefined)
  return { quality, anomalies: isJudged ? anomalies : undefined }
}
