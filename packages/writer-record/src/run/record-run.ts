import { isAbsolute } from 'node:path'
import { addressScheme, type LogRowInput, type LogStream, type LogWriter } from '@forge/writer-core'
import { assertOptions } from '@forge/writer-core/storage'
import { type RunJournal, runJournal } from '../command/journal.ts'
import { runIdentity } from '../command/run-identity.ts'
import { ownIdentity } from '../process/host-identity.ts'
import type { RunIdentity } from '../spool/entry.ts'
import { spoolFolders } from '../spool/spool-folder.ts'
import { plainRows, type RowBatch } from '../store/row-batch.ts'
import { needsSettling, settleSpool, storeBatches } from '../store/settle-spool.ts'
import { RUN_CHECKS, type Run, type RunOptions } from './options.ts'
import { type RowSink, writerSink } from './row-sink.ts'
import { inRun, type RunState } from './run-scope.ts'
import { type BaseRow, type StepRecord, stepRecord, unknownCounts } from './step-record.ts'
import { streamSink } from './stream-sink.ts'

/**
 * Runs `work` as a run of a pipeline, and records it with its steps. Resolves or rejects as `work` does: an error is recorded and thrown again, an
 * abort is recorded as `cancelled`, and a table that cannot be written does not affect the result. Rows are stored when the promise is settled; given
 * a stream, after its flush at the end of the run. If the process dies, the next run or command on this log records the run as lost.
 *
 * @example
 * await recordRun(writer, { pipelineId: 'orders' }, async (run) => {
 *   await run.step('load', async (step) => step.rows({ processed: 100, written: 98 }))
 * })
 */
export async function recordRun<Result>(
  target: LogWriter | LogStream,
  options: RunOptions,
  work: (run: Run) => Promise<Result> | Result,
): Promise<Result> {
  assertOptions('recordRun', options, RUN_CHECKS)
  const { now = () => new Date(), env = process.env } = options
  const writer = isWriter(target) ? target : undefined
  const identity = identityOf(options, env)
  const journal = openJournal(identity, { options, target, env, startedAt: now() })
  const settling = writer && journal ? settleEarlier(writer, journal.folders) : undefined
  const sink = isWriter(target) ? writerSink(target, identity) : streamSink(target, identity)
  const startedAt = now()
  const run: RunState = {
    identity,
    options,
    sink,
    startedAt,
    fields: runFields(identity, options, startedAt),
    now,
    executions: new Map(),
    totals: unknownCounts(),
  }
  const record = stepRecord(options.metadata)
  const startedMs = performance.now()
  const end = async (outcome: { readonly hasFailed: boolean; readonly error?: unknown }) => {
    const row = runRow(run, record, { ...outcome, durationSecs: (performance.now() - startedMs) / 1000 })
    await store({ sink, row, writer, journal: journal?.journal }).catch((problem: unknown) => {
      if (options.onProblem) options.onProblem(problem)
      else writer?.logger.error({ error: problem, runId: identity.runId }, 'a run could not be stored')
    })
    await settling
  }
  let result: Result
  try {
    result = await inRun(run, record, work)
  } catch (error) {
    await end({ hasFailed: true, error })
    throw error
  }
  await end({ hasFailed: false })
  return result
}

function isWriter(target: LogWriter | LogStream): target is LogWriter {
  return 'writeLogRows' in target
}

function identityOf(
  { pipelineId, runId, phase }: RunOptions,
  env: Readonly<Record<string, string | undefined>>,
): RunIdentity {
  const outer = runId === undefined ? env : { ...env, FORGE_RUN_ID: undefined }
  const identity = runIdentity({ command: [pipelineId], pipelineId, stepName: undefined, phase }, outer)
  return runId === undefined ? identity : { ...identity, runId, executionId: runId }
}

function openJournal(
  identity: RunIdentity,
  {
    options: { spool, metadata },
    target,
    env,
    startedAt,
  }: {
    readonly options: RunOptions
    readonly target: LogWriter | LogStream
    readonly env: Readonly<Record<string, string | undefined>>
    readonly startedAt: Date
  },
): { readonly journal: RunJournal; readonly folders: readonly string[] } | undefined {
  const location = spool ?? (isWriter(target) ? target.storage.location : target.location)
  if (location === false || (!isAbsolute(location) && addressScheme(location) === undefined)) return undefined
  const first = {
    version: 1,
    state: 'running',
    identity,
    startedAt: startedAt.toISOString(),
    owner: ownIdentity(),
    metadata,
    attempts: [],
  } as const
  const journal = runJournal(first, env)
  const { tableSchema: schema, tableName: name } = target.config
  journal.place(location, { schema, name })
  return { journal, folders: spoolFolders(location, env) }
}

/** Stores earlier runs that have died or could not be stored. Runs that fail again stay for the next attempt. */
async function settleEarlier(writer: LogWriter, folders: readonly string[]): Promise<void> {
  if (!needsSettling(folders)) return
  try {
    await settleSpool(writer, { folders })
  } catch (error) {
    writer.logger.warn({ error }, 'earlier runs could not be stored')
  }
}

function runFields(identity: RunIdentity, { mode, schema }: RunOptions, startedAt: Date): RunState['fields'] {
  return {
    run_id: identity.runId,
    pipeline_id: identity.pipelineId,
    run_started_at: identity.isNested ? null : startedAt,
    run_mode: mode,
    schema,
  }
}

function runRow(
  { identity, fields, startedAt, now, totals, options }: RunState,
  record: StepRecord,
  outcome: { readonly hasFailed: boolean; readonly error?: unknown; readonly durationSecs: number },
): LogRowInput {
  const endedAt = now()
  const { isNested, pipelineId, stepName, phase, executionId, traceId, spanId, parentStep, parentSpanId } = identity
  const { tableTotal, ...counts } = record.counts
  if (Object.values(counts).every((count) => count === undefined)) record.rows(totals)
  record.note({
    trace_id: traceId,
    span_id: spanId,
    ...(parentStep && { parent_step: parentStep }),
    ...(parentSpanId && { parent_span_id: parentSpanId }),
  })
  const base: BaseRow = {
    ...fields,
    execution_id: executionId,
    ...(isNested
      ? { phase: phase as BaseRow['phase'], step_name: stepName ?? pipelineId }
      : { phase: 'pipeline', step_name: pipelineId, run_ended_at: endedAt }),
    step_type: 'run',
    start_time: startedAt,
    end_time: endedAt,
    duration_secs: outcome.durationSecs,
  }
  return record.row(base, { ...outcome, isAborted: options.signal?.aborted === true })
}

interface StoreOptions {
  readonly sink: RowSink
  readonly row: LogRowInput
  readonly writer: LogWriter | undefined
  readonly journal: RunJournal | undefined
}

/**
 * Stores the last rows of a run. If that fails, those that nobody else keeps are put into the spool, and the error is thrown. Rows that a stream
 * keeps may still be stored: until then the run counts as running.
 */
async function store({ sink, row, writer, journal }: StoreOptions): Promise<void> {
  let batches: RowBatch[] = []
  try {
    batches = await sink.end([row])
    if (writer) await storeBatches(writer, { path: journal?.path, entry: journal?.entry, batches })
    else if (batches.length > 0) throw new Error('the stream was closed before the end of the run')
  } catch (error) {
    if (batches.length > 0)
      journal?.update({ state: 'ended', batches: batches.map(({ id, rows }) => ({ id, rows: plainRows(rows) })) })
    throw error
  } finally {
    journal?.stop()
  }
  if (writer === undefined) journal?.forget()
}
