import { performance } from 'node:perf_hooks'
import type { WriterConfig } from '../config/writer-config.ts'
import { isWriterError } from '../errors/writer-error.ts'
import { executionRows } from '../execution/execution-rows.ts'
import type { ExecutionResult } from '../execution/models.ts'
import { checkExecution } from '../execution/schemas.ts'
import type { LogRowInput } from '../log/row.ts'
import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import { type RowWriter, WRITE_OPTIONS } from '../write/row-writer.ts'
import type { BatchWriteOptions, BatchWriteResult } from './log-writer.ts'

/** The writer and the settings, both as of the start of the call. */
interface BatchWriter {
  readonly config: WriterConfig
  readonly writeLogRows: RowWriter['writeRows']
}

interface Prepared {
  readonly input: ExecutionResult
  readonly rows: readonly LogRowInput[]
}

interface Progress {
  successes: number
  rowsWritten: number
  readonly failures: { readonly input: ExecutionResult; readonly error: unknown }[]
  /** The executions that were not attempted, because `failFast` stopped before them. */
  readonly untried: ExecutionResult[]
}

/**
 * Writes executions, each as a whole, in commits of up to `batchSize` rows. A failed execution does not stop the others, unless `failFast` is set.
 */
export async function writeExecutionBatch(
  writer: BatchWriter,
  results: readonly ExecutionResult[],
  options: BatchWriteOptions,
): Promise<BatchWriteResult> {
  const startedMs = performance.now()
  assertOptions('writeExecutionResultBatch', options, { ...WRITE_OPTIONS, batchSize: option.whole({ min: 1 }) })
  const { batchSize = writer.config.batchSize, ...writeOptions } = options
  const progress: Progress = { successes: 0, rowsWritten: 0, failures: [], untried: [] }
  let chunk = 0
  for (const group of groups(results, { batchSize, writer, options, progress })) {
    if (writer.config.failFast && progress.failures.length > 0)
      progress.untried.push(...group.map(({ input }) => input))
    else await writeGroup(writer, group, chunkOptions(writeOptions, chunk++), progress)
  }
  const failedExecutions = [...progress.failures.map(({ input }) => input), ...progress.untried]
  return {
    totalExecutions: results.length,
    successfulWrites: progress.successes,
    failedWrites: failedExecutions.length,
    rowsWritten: progress.rowsWritten,
    batchDurationSecs: (performance.now() - startedMs) / 1000,
    failedExecutions,
    failures: progress.failures,
  }
}

function chunkOptions(options: Omit<BatchWriteOptions, 'batchSize'>, chunk: number): BatchWriteOptions {
  return options.batchId === undefined ? options : { ...options, batchId: `${options.batchId}:${chunk}` }
}

interface Grouping {
  readonly batchSize: number
  readonly writer: BatchWriter
  readonly options: BatchWriteOptions
  readonly progress: Progress
}

/** Groups executions that are written together. An invalid execution result fails immediately. */
function* groups(
  results: readonly ExecutionResult[],
  { batchSize, writer: { config }, options: { runId }, progress }: Grouping,
): Generator<Prepared[]> {
  const group: Prepared[] = []
  let rowCount = 0
  for (const input of results) {
    const { rows, error } = prepareExecution(input, runId, config.schemaValidationMode)
    if (!rows) {
      // Executions before the first failure are written before it counts.
      if (config.failFast && group.length > 0) yield group.splice(0)
      progress.failures.push({ input, error })
      continue
    }
    if (group.length > 0 && rowCount + rows.length > batchSize) {
      yield group.splice(0)
      rowCount = 0
    }
    group.push({ input, rows })
    rowCount += rows.length
  }
  if (group.length > 0) yield group
}

function prepareExecution(
  input: ExecutionResult,
  runId: string | undefined,
  mode: 'strict' | 'lenient',
): { readonly rows?: readonly LogRowInput[] | undefined; readonly error?: unknown } {
  try {
    const checked = checkExecution(input, mode)
    return { rows: executionRows(checked, runId ?? checked.context.executionId) }
  } catch (error) {
    return { error }
  }
}

/** Writes one commit. If one execution makes it fail, the others are written without it. */
async function writeGroup(
  writer: BatchWriter,
  group: readonly Prepared[],
  options: BatchWriteOptions,
  progress: Progress,
): Promise<void> {
  try {
    const { rowsWritten } = await writer.writeLogRows(
      group.flatMap(({ rows }) => rows),
      options,
    )
    progress.successes += group.length
    progress.rowsWritten += rowsWritten
  } catch (error) {
    if (group.length === 1 || !isAboutRows(error)) {
      progress.failures.push(...group.map(({ input }) => ({ input, error })))
      return
    }
    for (const [at, each] of group.entries()) {
      if (writer.config.failFast && progress.failures.length > 0) progress.untried.push(each.input)
      else await writeGroup(writer, [each], chunkOptions(options, at), progress)
    }
  }
}

function isAboutRows(error: unknown): boolean {
  return isWriterError(error, 'VALIDATION') || isWriterError(error, 'DATA_QUALITY') || isWriterError(error, 'SCHEMA')
}
