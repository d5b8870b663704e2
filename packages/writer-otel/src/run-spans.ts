import { createHash } from 'node:crypto'
import {
  batchRows,
  hasFailed,
  knownDurationSecs,
  metadataFields,
  type Row,
  readEnd,
  readStart,
  type WriteHook,
} from '@forge/writer-core'
import { assertOptions, isoFromMicros, option } from '@forge/writer-core/storage'
import {
  type Context,
  context,
  type Meter,
  metrics,
  ROOT_CONTEXT,
  type SpanContext,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import {
  type AttributeOptions,
  attributesOf,
  errorTypeOf,
  METRICS,
  NAMES,
  resultOf,
  spanNameOf,
  spanStatusOf,
} from './conventions.ts'

const NAME = '@forge/writer-otel'

export interface RunSpansOptions extends AttributeOptions {
  /** Default: the global tracer, which does nothing without an SDK. */
  readonly tracer?: Tracer | undefined
  /** Default: the global meter, which does nothing without an SDK. */
  readonly meter?: Meter | undefined
  /** Adds the id of the run to the metrics, which makes a series of each run. Default: false. */
  readonly runIdInMetrics?: boolean | undefined
}

/**
 * Returns a hook that emits each stored row as a span, and each run as metrics, by the `cicd.*` conventions. All spans of a run have one trace: that of its
 * `metadata.trace_id`, otherwise one that is derived from the run id. Rows that came from spans are left out.
 */
export function runSpans(options: RunSpansOptions = {}): WriteHook {
  assertOptions('runSpans', options, {
    tracer: option.object,
    meter: option.object,
    runIdInMetrics: option.flag,
    url: option.any,
  })
  const { tracer, meter, runIdInMetrics = false, url } = options
  const spans = tracer ?? trace.getTracer(NAME)
  const figures = runFigures(meter ?? metrics.getMeter(NAME), runIdInMetrics)
  return {
    name: 'runSpans',
    afterWrite(commit, batch) {
      if (commit.alreadyWritten) return undefined
      const rows = [...batchRows(batch)].filter(({ metadata }) => metadataFields(metadata).source !== SOURCE)
      const runs = new Map<string, Context>()
      for (const row of rows.filter(({ phase }) => phase === 'pipeline')) {
        figures.add(row)
        runs.set(String(row.run_id), emit(row, parentOf(row), spans, url))
      }
      for (const row of rows.filter(({ phase }) => phase !== 'pipeline')) {
        emit(row, runs.get(String(row.run_id)) ?? parentOf(row), spans, url)
      }
      return undefined
    },
  }
}

/** The source of rows that came from spans. */
export const SOURCE = 'otel'

/** Emits the span of a row, and returns the context in which its children belong. */
function emit(row: Row, parent: Context, tracer: Tracer, url: AttributeOptions['url']): Context {
  const start = readStart(row)
  const end = readEnd(row) ?? start
  const startTime = start === undefined ? new Date() : new Date(isoFromMicros(start))
  const span = tracer.startSpan(
    spanNameOf(row).name,
    { kind: spanNameOf(row).kind, startTime, attributes: attributesOf(row, { url }) },
    parent,
  )
  const message = typeof row.error_message === 'string' ? row.error_message : undefined
  span.setStatus({ code: spanStatusOf(row), ...(message !== undefined && { message }) })
  span.end(end === undefined ? startTime : new Date(isoFromMicros(end)))
  return trace.setSpan(context.active(), span)
}

/** Returns a context of the trace of a run. */
function parentOf(row: Row): Context {
  const { trace_id: traceId, parent_span_id: parent, span_id: own } = metadataFields(row.metadata)
  const hash = createHash('sha256').update(String(row.run_id)).digest('hex')
  const uuid = String(row.run_id).replaceAll('-', '').toLowerCase()
  const spanContext: SpanContext = {
    traceId: [traceId, uuid].find(isTraceId) ?? hash.slice(0, 32),
    spanId: [parent, row.phase === 'pipeline' ? undefined : own].find(isSpanId) ?? hash.slice(32, 48),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  }
  return trace.setSpanContext(ROOT_CONTEXT, spanContext)
}

function isTraceId(value: unknown): value is string {
  return typeof value === 'string' && /^(?!0{32})[\da-f]{32}$/.test(value)
}

function isSpanId(value: unknown): value is string {
  return typeof value === 'string' && /^(?!0{16})[\da-f]{16}$/.test(value)
}

function runFigures(meter: Meter, hasRunId: boolean): { add(row: Row): void } {
  const duration = meter.createHistogram(METRICS.duration, { unit: 's', description: 'Duration of a pipeline run.' })
  const errors = meter.createCounter(METRICS.errors, { unit: '{error}', description: 'Errors of pipeline runs.' })
  return {
    add(row) {
      const common = {
        [NAMES.pipelineName]: String(row.pipeline_id),
        ...(hasRunId && { [NAMES.runId]: String(row.run_id) }),
      }
      const secs = knownDurationSecs(row)
      if (secs !== null)
        duration.record(secs, { ...common, [NAMES.runState]: 'executing', [NAMES.runResult]: resultOf(row) })
      if (hasFailed(row)) errors.add(1, { ...common, [NAMES.errorType]: errorTypeOf(row) })
    },
  }
}
