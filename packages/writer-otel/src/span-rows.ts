import { isSuccessStatus, type LogRowInput, PHASES, type Status } from '@forge/writer-core'
import { type Attributes, type HrTime, SpanStatusCode } from '@opentelemetry/api'
import { COUNTS, NAMES, statusOfResult } from './conventions.ts'
import { SOURCE } from './run-spans.ts'

/** A span that has ended, as SDK 1 to 3 pass it to exporters. */
export interface EndedSpan {
  readonly name: string
  spanContext(): { readonly traceId: string; readonly spanId: string }
  readonly parentSpanContext?: { readonly spanId: string; readonly isRemote?: boolean | undefined } | undefined
  readonly parentSpanId?: string | undefined
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly status: { readonly code: SpanStatusCode; readonly message?: string | undefined }
  readonly attributes: Attributes
  readonly events: readonly { readonly name: string; readonly attributes?: Attributes | undefined }[]
  readonly resource: { readonly attributes: Readonly<Record<string, unknown>> }
}

/** Returns the row of a span: a span without a parent is a run, all others are steps. */
export function rowOfSpan(span: EndedSpan): LogRowInput {
  const { attributes, name } = span
  const { traceId, spanId } = span.spanContext()
  const parentId = span.parentSpanContext?.spanId ?? span.parentSpanId
  const isRun = parentId === undefined
  const status = statusOfSpan(span)
  const service = span.resource.attributes['service.name']
  const pipelineId = textOf(attributes[NAMES.pipelineName]) ?? (isNamed(service) ? service : undefined) ?? name
  const runId = textOf(attributes[NAMES.runId]) ?? uuidOf(traceId)
  const [start, end] = [isoOf(span.startTime), isoOf(span.endTime)]
  const counts = COUNTS.flatMap((column) => {
    const count = attributes[`forge.${column}`]
    return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? [[column, count] as const] : []
  })
  const written = counts.find(([column]) => column === 'rows_written')
  const error = errorOf(span)
  return {
    run_id: runId,
    // Spans of one name, such as the calls of a loop, are steps of their own.
    execution_id: isRun ? runId : `${runId}/${spanId}`,
    pipeline_id: pipelineId,
    phase: isRun ? 'pipeline' : phaseOf(attributes[NAMES.phase]),
    step_name: isRun ? pipelineId : (textOf(attributes[NAMES.taskName]) ?? name),
    step_type: isRun ? 'run' : (textOf(attributes[NAMES.stepType]) ?? 'span'),
    ...(isRun && { run_started_at: start, run_ended_at: end }),
    start_time: start,
    end_time: end,
    table_fqn: textOf(attributes[NAMES.table]) ?? null,
    // Whatever was written was processed.
    ...(written && { rows_processed: written[1] }),
    ...Object.fromEntries(counts),
    success: isSuccessStatus(status),
    error_message: isSuccessStatus(status) ? null : (error.message ?? null),
    metadata: {
      status,
      source: SOURCE,
      trace_id: traceId,
      span_id: spanId,
      ...(parentId && { parent_span_id: parentId }),
      ...(error.detail && { error_detail: error.detail }),
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...(counts.length === 0 && { rows_unknown: true }),
    },
  }
}

function statusOfSpan({ status, attributes }: EndedSpan): Status {
  const stated = statusOfResult(attributes[NAMES.runResult] ?? attributes[NAMES.taskRunResult])
  if (status.code === SpanStatusCode.ERROR) return stated && !isSuccessStatus(stated) ? stated : 'error'
  return stated ?? 'success'
}

const MAX_DETAIL = 16 * 1024

function errorOf({ status, events }: EndedSpan): {
  readonly message: string | undefined
  readonly detail: string | undefined
} {
  const exception = events.findLast(({ name }) => name === 'exception')?.attributes
  return {
    message: status.message || textOf(exception?.['exception.message']) || textOf(exception?.['exception.type']),
    detail: textOf(exception?.['exception.stacktrace'])?.slice(0, MAX_DETAIL),
  }
}

function phaseOf(value: unknown): NonNullable<LogRowInput['phase']> {
  return PHASES.find((phase) => phase === value && phase !== 'pipeline') ?? 'silver'
}

/** Returns the time with microseconds, in UTC. */
function isoOf([secs, nanos]: HrTime): string {
  const seconds = new Date(secs * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}

/** Returns a trace id in the form of a run id. */
function uuidOf(traceId: string): string {
  return traceId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Returns whether a service has a name of its own; the SDK makes one up otherwise. */
function isNamed(service: unknown): service is string {
  return typeof service === 'string' && service !== '' && !service.startsWith('unknown_service')
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
