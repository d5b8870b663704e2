import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { valueAt } from '../batch/rows.ts'
import { emptyBatch } from '../batch/select.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import { WriterValidationError } from '../errors/kinds.ts'
import { assertNoProblems, assertOptions, type OptionChecks } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import type { WriteHook } from '../hooks/write-hook.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import type { AutoOptimizer } from './auto-optimize.ts'
import { idempotentBatchId } from './batch-id.ts'
import type { WriteOptions, WriteResult } from '../writer/log-writer.ts'
import type { MetricsCounter } from './metrics-counter.ts'
import { type RowIntake, rowIntake, type TableBatch, takeAll } from './row-intake.ts'
import type { SealedRows } from '../stream/sealed-queue.ts'
import { type StoreResult, storeBatches } from './store-batches.ts'
import { appendWhileEncoding, canStream } from './streamed-append.ts'
import type { TableHandle, TableHandles } from '../source/table-handles.ts'
import type { TableSource } from '../source/table-source.ts'
import type { WriterEvent } from '../hooks/writer-event.ts'

/** What calls under the same settings share. */
export interface WriterParts {
  /** The source with the settings as of the start of the calls. */
  readonly source: TableSource
  readonly handles: TableHandles
  readonly hooks: readonly WriteHook[]
  readonly metrics: MetricsCounter
  readonly optimizer: AutoOptimizer
  readonly now: () => Date
  readonly emit: (event: WriterEvent) => void
  /** Opens the table to use if rows are routed by run and there are no rows. */
  readonly defaultTable: () => Promise<TableHandle>
}

/** Encodes rows once, then commits the batch; an error reports what happened to the write. */
export interface RowWriter {
  writeRows(rows: Iterable<unknown>, options: WriteOptions): Promise<WriteResult>
  newIntake(runId: string, expectedRows?: number): RowIntake
  writeSealed(sealed: SealedRows): Promise<WriteResult>
}

export function rowWriter(parts: WriterParts): RowWriter {
  const newIntake = (runId: string, expectedRows?: number) => {
    const { source, handles, now } = parts
    return rowIntake({
      config: source.config,
      handles,
      runId,
      now: now(),
      ...(expectedRows !== undefined && { expectedRows }),
    })
  }
  return {
    newIntake,
    writeRows(rows, given) {
      // The caller may reuse the object while the call is running.
      const options = { ...given }
      return countCall(options.batchId ?? randomUUID(), parts, async (batchId, startedMs) => {
        assertOptions('write', options, WRITE_OPTIONS)
        assertRows(rows)
        const fallbackRunId = options.runId ?? randomUUID()
        if (!options.idempotent && canStream(rows, parts)) {
          const request = { ...options, rows, batchId, fallbackRunId }
          const streamed = await appendWhileEncoding(request, parts)
          if (streamed) return finish(streamed, streamed, parts, startedMs)
        }
        const intake = newIntake(fallbackRunId, Array.isArray(rows) ? rows.length : undefined)
        await takeAll(intake, rows)
        const batches = intake.finish()
        const runId = intake.firstRunId() ?? fallbackRunId
        if (options.idempotent && options.runId === undefined) assertRunIds(batches, fallbackRunId)
        const id = options.idempotent && options.batchId === undefined ? idempotentBatchId(runId, batches) : batchId
        return store({ batches, batchId: id, runId, note: options.note }, parts, startedMs)
      })
    },
    writeSealed: ({ batches, batchId, runId }) =>
      countCall(batchId, parts, (_id, startedMs) => store({ batches, batchId, runId: runId ?? '' }, parts, startedMs)),
  }
}

/** Counts the call and reports its failure. */
async function countCall(
  batchId: string,
  { metrics, emit, source }: WriterParts,
  work: (batchId: string, startedMs: number) => Promise<WriteResult>,
): Promise<WriteResult> {
  const startedMs = performance.now()
  try {
    return await work(batchId, startedMs)
  } catch (error) {
    metrics.failed((performance.now() - startedMs) / 1000)
    const { schema, name } = { schema: source.config.tableSchema, name: source.config.tableName }
    emit({ type: 'writeFailed', tableFqn: `${schema}.${name}`, batchId, error })
    throw error
  }
}

interface Stored {
  readonly batches: readonly TableBatch[]
  readonly batchId: string
  readonly runId: string
  readonly note?: Readonly<Record<string, string>> | undefined
}

async function store(request: Stored, parts: WriterParts, startedMs: number): Promise<WriteResult> {
  const batches = request.batches.length > 0 ? request.batches : await emptyOverwrite(parts, parts.source.config)
  return finish(await storeBatches({ ...request, batches }, parts), request, parts, startedMs)
}

/** Reports a stored write: events, metrics, log entry, result. */
async function finish(
  stored: StoreResult,
  request: Pick<Stored, 'batchId' | 'runId'>,
  parts: WriterParts,
  startedMs: number,
): Promise<WriteResult> {
  const { source, optimizer, emit } = parts
  const { config } = source
  const durationMs = performance.now() - startedMs
  for (const { handle, commit } of stored.tables) {
    if (!commit || commit.alreadyWritten) continue
    const { version, rowsWritten: rows } = commit
    emit({ type: 'written', tableFqn: handle.fqn, batchId: request.batchId, rows, version, durationMs })
    if (config.enableSchemaEvolution) handle.forgetColumns()
    optimizer.committed(handle, version, parts)
  }
  const result = await resultOf(request, stored, parts, durationMs)
  count(stored, result, parts)
  source.logger.debug(
    {
      path: source.storage.location,
      batchId: request.batchId,
      rows: result.rowsWritten,
      bytes: stored.tables.reduce((sum, { figures }) => sum + figures.bytes, 0),
      intakeMs: durationMs - stored.hooksMs - stored.commitMs,
      hooksMs: stored.hooksMs,
      commitMs: stored.commitMs,
      durationMs,
    },
    'rows written',
  )
  return result
}

/** Creates the empty batch of an overwrite without rows: it clears the table, while an append of no rows does nothing. */
async function emptyOverwrite({ defaultTable }: WriterParts, config: WriterConfig): Promise<TableBatch[]> {
  if (config.writeMode !== 'overwrite') return []
  const handle = await defaultTable()
  return [{ handle, batch: emptyBatch(LOG_COLUMNS) }]
}

async function resultOf(
  { batchId, runId }: Pick<Stored, 'batchId' | 'runId'>,
  { tables, quality, anomalies }: StoreResult,
  parts: WriterParts,
  durationMs: number,
): Promise<WriteResult> {
  const written = tables.flatMap(({ handle, commit }) => (commit ? [{ handle, commit }] : []))
  const main = tables[0]?.handle ?? (await parts.defaultTable())
  const sum = (of: 'rowsWritten' | 'rowsSkipped') => written.reduce((total, { commit }) => total + commit[of], 0)
  return {
    success: true,
    rowsWritten: sum('rowsWritten'),
    rowsSkipped: sum('rowsSkipped'),
    runId,
    tableFqn: main.fqn,
    version: written[0]?.commit.version ?? (await main.table.info()).version,
    durationSecs: durationMs / 1000,
    batchId,
    alreadyWritten: written.length > 0 && written.every(({ commit }) => commit.alreadyWritten),
    tables: written.map(({ handle, commit }) => {
      return { tableFqn: handle.fqn, rowsWritten: commit.rowsWritten, version: commit.version }
    }),
    ...(quality && { quality }),
    ...(anomalies && { anomalies }),
  }
}

function count({ tables }: StoreResult, { durationSecs }: WriteResult, { metrics }: WriterParts): void {
  const fresh = tables.filter(({ commit }) => commit && !commit.alreadyWritten)
  metrics.succeeded({
    durationSecs,
    rowsWritten: fresh.reduce((sum, { commit }) => sum + (commit?.rowsWritten ?? 0), 0),
    figures: fresh.map(({ figures }) => figures),
  })
}

function assertRows(rows: unknown): void {
  if (typeof rows === 'object' && rows !== null && Symbol.iterator in rows) return
  throw new WriterValidationError('rows must be an array or another iterable', {
    suggestions: ['Write a single row as [row]; use stream() for asynchronous rows.'],
  })
}

/** Rejects rows without a run id: a generated one would make each call another run. */
function assertRunIds(batches: readonly TableBatch[], madeUp: string): void {
  const isMadeUp = batches.some(({ batch: { columns, vectors, rowCount } }) => {
    const at = columns.findIndex(({ name }) => name === 'run_id')
    const vector = vectors[at]
    return vector && Array.from({ length: rowCount }, (_, row) => valueAt(vector, 'string', row)).includes(madeUp)
  })
  if (!isMadeUp) return
  assertNoProblems(
    'write',
    [{ setting: 'idempotent', problem: 'needs runId, or a run_id in each row' }],
    ['Pass the id of the run, or your own batchId.'],
  )
}

const WRITE_OPTIONS: OptionChecks<WriteOptions> = {
  runId: option.text,
  batchId: option.text,
  idempotent: option.flag,
  note: option.object,
}
