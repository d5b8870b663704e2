import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { valueAt } from '../batch/rows.ts'
import { emptyBatch } from '../batch/select.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import { traceCall } from '../diagnostics/trace-call.ts'
import { WriterValidationError } from '../errors/kinds.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import { assertNoProblems, assertOptions, type OptionChecks } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import { idempotentBatchId } from './batch-id.ts'
import { type RowIntake, rowIntake, type TableBatch, takeAll } from './row-intake.ts'
import { type StoreResult, storeBatches } from './store-batches.ts'
import { appendWhileEncoding } from './streamed-append.ts'
import type { WriteOptions, WriteResult } from './write-call.ts'
import { chooseRoute } from './write-route.ts'
import type { WriterParts } from './writer-parts.ts'

/** Full rows that wait for their write. The batch id stays the same across attempts. */
export interface SealedRows {
  readonly batches: readonly TableBatch[]
  readonly batchId: string
  readonly runId: string | undefined
  readonly rowCount: number
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
      expectedRows,
    })
  }
  return {
    newIntake,
    writeRows(rows, given) {
      // The caller may reuse the object while the call is running.
      const options = typeof given === 'object' && given !== null ? { ...given } : given
      return countCall(options?.batchId ?? randomUUID(), parts, async (call) => {
        assertWriteOptions(options)
        assertRows(rows)
        const fallbackRunId = options.runId ?? randomUUID()
        const route = await chooseRoute(rows, options, parts)
        if (route.kind === 'streamed') {
          call.tableFqn = route.handle.fqn
          const streamed = await appendWhileEncoding(route, { ...options, batchId: call.batchId, fallbackRunId }, parts)
          return finish(streamed, streamed, parts, call)
        }
        const intake = newIntake(fallbackRunId, Array.isArray(rows) ? rows.length : undefined)
        await takeAll(intake, rows)
        const batches = intake.finish()
        const runId = intake.firstRunId() ?? fallbackRunId
        if (options.idempotent && options.runId === undefined) assertRunIds(batches, fallbackRunId)
        const isDerived = options.idempotent && options.batchId === undefined
        const batchId = isDerived ? idempotentBatchId(runId, batches) : call.batchId
        return store({ batches, batchId, runId, note: options.note }, parts, call)
      })
    },
    writeSealed: ({ batches, batchId, runId }) =>
      countCall(batchId, parts, (call) => store({ batches, batchId, runId: runId ?? '' }, parts, call)),
  }
}

/** A write call while it runs. */
interface Call {
  readonly batchId: string
  readonly startedMs: number
  /** The table of the first rows, as soon as it is known; until then the configured one. */
  tableFqn: string
}

/** Counts the call and reports its failure. */
async function countCall(
  batchId: string,
  { metrics, emit, source: { config } }: WriterParts,
  work: (call: Call) => Promise<WriteResult>,
): Promise<WriteResult> {
  const call = { batchId, startedMs: performance.now(), tableFqn: `${config.tableSchema}.${config.tableName}` }
  try {
    return await traceCall('write', { tableFqn: call.tableFqn, batchId }, () => work(call))
  } catch (error) {
    metrics.failed((performance.now() - call.startedMs) / 1000)
    emit({ type: 'writeFailed', tableFqn: call.tableFqn, batchId, error })
    throw error
  }
}

interface Stored {
  readonly batches: readonly TableBatch[]
  readonly batchId: string
  readonly runId: string
  readonly note?: Readonly<Record<string, string>> | undefined
}

async function store(request: Stored, parts: WriterParts, call: Call): Promise<WriteResult> {
  const batches = request.batches.length > 0 ? request.batches : await emptyOverwrite(parts, parts.source.config)
  call.tableFqn = batches[0]?.handle.fqn ?? call.tableFqn
  return finish(await storeBatches({ ...request, batches }, parts), request, parts, call)
}

/** Reports a stored write: events, metrics, log entry, result. */
async function finish(
  stored: StoreResult,
  request: Pick<Stored, 'batchId' | 'runId'>,
  parts: WriterParts,
  { startedMs }: Call,
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
    // Without a gate or a watch, the result has no such key.
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

/** Throws WriterConfigurationError that lists the options of a write call that are unknown or not valid. */
export function assertWriteOptions(options: WriteOptions): void {
  assertOptions('write', options, WRITE_OPTIONS)
}

/** The checks of {@link WriteOptions}. */
export const WRITE_OPTIONS: OptionChecks<WriteOptions> = {
  runId: option.text,
  batchId: option.text,
  idempotent: option.flag,
  note: option.object,
}
