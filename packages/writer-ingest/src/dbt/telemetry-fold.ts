import { isoFromMicros, MAX_MICROS, MIN_MICROS } from '@forge/writer-core/storage'
import { z } from 'zod'
import type { Position } from '../adapter.ts'
import { lenientCount, lenientText } from '../mapping/lenient-fields.ts'

const fields = z.record(z.string(), z.unknown()).nullish().catch(undefined)

/** The parts of a telemetry record of dbt 2 that are read. */
export const telemetrySchema = z.object({
  record_type: z.string(),
  trace_id: z.string().regex(/^[\da-f]{32}$/i),
  span_id: lenientText,
  start_time_unix_nano: lenientText,
  end_time_unix_nano: lenientText,
  severity_text: lenientText,
  event_type: lenientText,
  body: lenientText,
  status: z.object({ code: lenientCount, message: lenientText }).nullish().catch(undefined),
  attributes: fields,
})

export type TelemetryRecord = z.infer<typeof telemetrySchema>

/** A span that has ended or not. */
export interface Span {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly startedAt: string | undefined
  /** Undefined if it has not ended. */
  readonly endedAt: string | undefined
  readonly hasEnded: boolean
  /** The message of its status, if that is an error. */
  readonly error: string | undefined
  readonly position: Position
}

/** Everything that one invocation reported. */
export interface Invocation {
  readonly traceId: string
  readonly position: Position
  /** The number of records. */
  records: number
  /** The span of the whole invocation. */
  whole: Span | undefined
  /** The spans of nodes over all phases, and those of their execution, by unique id. */
  readonly processed: Map<string, Span>
  readonly executed: Map<string, Span>
  /** The first errors that were logged, by the span in which they occurred. */
  readonly errors: Map<string, string[]>
  /** The span ids of nodes, by unique id. */
  readonly spansOf: Map<string, Set<string>>
}

/** Folds records into invocations, so that memory depends on the number of nodes, not of records. */
export interface TelemetryFold {
  /** Returns false if the record is part of no row. */
  add(record: TelemetryRecord, position: Position): boolean
  readonly invocations: ReadonlyMap<string, Invocation>
}

const MAX_ERRORS = 3

export function telemetryFold(): TelemetryFold {
  const invocations = new Map<string, Invocation>()
  return {
    invocations,
    add(record, position) {
      const traceId = record.trace_id.toLowerCase()
      const invocation = invocations.get(traceId) ?? newInvocation(traceId, position)
      const isPart =
        record.record_type === 'LogRecord' ? addError(invocation, record) : addSpan(invocation, record, position)
      if (!isPart) return false
      // A trace of which nothing is read is not kept.
      invocations.set(traceId, invocation)
      invocation.records++
      return true
    },
  }
}

function newInvocation(traceId: string, position: Position): Invocation {
  const maps = { processed: new Map(), executed: new Map(), errors: new Map(), spansOf: new Map() }
  return { traceId, position, records: 0, whole: undefined, ...maps }
}

function addError({ errors }: Invocation, { severity_text, span_id, body }: TelemetryRecord): boolean {
  if (severity_text?.toUpperCase() !== 'ERROR' || !body) return false
  const known = errors.get(span_id ?? '') ?? []
  errors.set(span_id ?? '', known)
  if (known.length < MAX_ERRORS) known.push(body)
  return true
}

function addSpan(invocation: Invocation, record: TelemetryRecord, position: Position): boolean {
  const attributes = record.attributes ?? {}
  const name = record.event_type?.split('.').at(-1) ?? ''
  if (name === 'Invocation') {
    invocation.whole = spanOf(record, invocation.whole, position)
    return true
  }
  const uniqueId = attributes.unique_id
  if (typeof uniqueId !== 'string' || uniqueId === '') return false
  const isExecution = name === 'NodeEvaluated' && plainValue(attributes.phase, 'EXECUTION_PHASE') === 'run'
  if (name !== 'NodeProcessed' && name !== 'NodeEvaluated') return false
  const ids = invocation.spansOf.get(uniqueId) ?? new Set()
  invocation.spansOf.set(uniqueId, ids)
  if (record.span_id) ids.add(record.span_id)
  if (name === 'NodeEvaluated' && !isExecution) return false
  const spans = isExecution ? invocation.executed : invocation.processed
  spans.set(uniqueId, spanOf(record, spans.get(uniqueId), position))
  return true
}

function spanOf(record: TelemetryRecord, before: Span | undefined, position: Position): Span {
  const hasEnded = record.record_type === 'SpanEnd'
  // The end repeats what the start says.
  if (before?.hasEnded && !hasEnded) return before
  return {
    attributes: { ...before?.attributes, ...record.attributes },
    startedAt: instantOfNanos(record.start_time_unix_nano) ?? before?.startedAt,
    endedAt: hasEnded ? instantOfNanos(record.end_time_unix_nano) : undefined,
    hasEnded,
    error: record.status?.code === ERROR_CODE ? (record.status.message ?? undefined) : undefined,
    position: before?.position ?? position,
  }
}

const ERROR_CODE = 2

function instantOfNanos(text: string | null | undefined): string | undefined {
  if (!/^\d{1,20}$/.test(text ?? '')) return undefined
  const micros = BigInt(text ?? '0') / 1000n
  return micros < MIN_MICROS || micros > MAX_MICROS || micros === 0n ? undefined : isoFromMicros(micros)
}

/** Returns a value of an enumeration without the name of the enumeration, in lower case: `skipped` of `NODE_OUTCOME_SKIPPED`. */
export function plainValue(value: unknown, enumeration: string): string | undefined {
  if (typeof value !== 'string') return undefined
  const upper = value.toUpperCase()
  return (upper.startsWith(`${enumeration}_`) ? upper.slice(enumeration.length + 1) : upper).toLowerCase()
}
