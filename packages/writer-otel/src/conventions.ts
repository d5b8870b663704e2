import { isSuccessStatus, metadataFields, type Row, type Status, statusOf } from '@forge/writer-core'
import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api'

/**
 * The mapping between log rows and the `cicd.*` conventions of OpenTelemetry. They are in development, so their names are written here, and only here.
 * Figures that have no convention are called `forge.*`.
 */
export const NAMES = {
  pipelineName: 'cicd.pipeline.name',
  runId: 'cicd.pipeline.run.id',
  runUrl: 'cicd.pipeline.run.url.full',
  runResult: 'cicd.pipeline.result',
  runState: 'cicd.pipeline.run.state',
  taskName: 'cicd.pipeline.task.name',
  taskRunId: 'cicd.pipeline.task.run.id',
  taskRunUrl: 'cicd.pipeline.task.run.url.full',
  taskRunResult: 'cicd.pipeline.task.run.result',
  errorType: 'error.type',
  revision: 'vcs.ref.head.revision',
  phase: 'forge.phase',
  stepType: 'forge.step.type',
  table: 'forge.table',
} as const

export const METRICS = { duration: 'cicd.pipeline.run.duration', errors: 'cicd.pipeline.run.errors' } as const

/** The columns of counts, which become attributes of the same name. */
export const COUNTS = ['input_rows', 'output_rows', 'rows_processed', 'rows_written', 'invalid_rows'] as const

const RESULTS: Readonly<Record<Status, string>> = {
  success: 'success',
  warn: 'success',
  failed: 'failure',
  error: 'failure',
  lost: 'error',
  unknown: 'error',
  timeout: 'timeout',
  cancelled: 'cancellation',
  skipped: 'skip',
  noop: 'skip',
  upstream_failed: 'skip',
}

const STATUS_OF_RESULT: Readonly<Record<string, Status>> = {
  success: 'success',
  failure: 'failed',
  error: 'error',
  timeout: 'timeout',
  cancellation: 'cancelled',
  skip: 'skipped',
}

/** Returns the status of a row. */
function rowStatus(row: { readonly success?: unknown; readonly metadata?: unknown }): Status {
  const stored = statusOf(row)
  if (stored !== undefined && isStatus(stored)) return stored
  return row.success === false ? 'failed' : 'success'
}

function isStatus(word: string): word is Status {
  return Object.hasOwn(RESULTS, word)
}

/** Returns the result of a row in the words of the conventions. */
export function resultOf(row: { readonly success?: unknown; readonly metadata?: unknown }): string {
  return RESULTS[rowStatus(row)]
}

/** Returns the status that a result of the conventions stands for; undefined for other words. */
export function statusOfResult(result: unknown): Status | undefined {
  return typeof result === 'string' && Object.hasOwn(STATUS_OF_RESULT, result) ? STATUS_OF_RESULT[result] : undefined
}

/** Returns the name and kind of the span of a row. */
export function spanNameOf(row: Row): { readonly name: string; readonly kind: SpanKind } {
  if (row.phase === 'pipeline') return { name: `RUN ${row.pipeline_id}`, kind: SpanKind.SERVER }
  return { name: String(row.step_name), kind: SpanKind.INTERNAL }
}

/** Returns the code for the status of a span. */
export function spanStatusOf(row: Row): SpanStatusCode {
  return isSuccessStatus(rowStatus(row)) ? SpanStatusCode.UNSET : SpanStatusCode.ERROR
}

export interface AttributeOptions {
  /** Returns the address of a run, or of a step of it. */
  readonly url?: ((row: Row) => string | undefined) | undefined
}

/** Returns the attributes of the span of a row. */
export function attributesOf(row: Row, { url }: AttributeOptions): Attributes {
  const isRun = row.phase === 'pipeline'
  const metadata = metadataFields(row.metadata)
  const link = url?.(row)
  const counts = COUNTS.flatMap((name) =>
    row[name] === null || row[name] === undefined ? [] : [[`forge.${name}`, Number(row[name])]],
  )
  return {
    [NAMES.pipelineName]: String(row.pipeline_id),
    [NAMES.runId]: String(row.run_id),
    ...(isRun
      ? { [NAMES.runResult]: resultOf(row), ...(link && { [NAMES.runUrl]: link }) }
      : {
          [NAMES.taskName]: String(row.step_name),
          [NAMES.taskRunId]: `${row.execution_id}/${row.step_name}`,
          [NAMES.taskRunResult]: resultOf(row),
          [NAMES.phase]: String(row.phase),
          [NAMES.stepType]: String(row.step_type),
          ...(link && { [NAMES.taskRunUrl]: link }),
        }),
    ...(row.table_fqn && { [NAMES.table]: String(row.table_fqn) }),
    ...(metadata.rows_unknown ? {} : Object.fromEntries(counts)),
    ...(!isSuccessStatus(rowStatus(row)) && { [NAMES.errorType]: errorTypeOf(row) }),
    ...(typeof metadata.head_sha === 'string' && { [NAMES.revision]: metadata.head_sha }),
  }
}

/** Returns a name of few different values: the type of the error, the exit code or signal, or the status. */
export function errorTypeOf(row: Row): string {
  const { error_type: type, signal, exit_code: code } = metadataFields(row.metadata)
  if (typeof type === 'string') return type
  if (typeof signal === 'string') return signal
  return typeof code === 'number' && code !== 0 ? `exit ${code}` : rowStatus(row)
}
