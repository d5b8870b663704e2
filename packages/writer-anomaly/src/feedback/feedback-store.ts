import { randomUUID } from 'node:crypto'
import {
  ANOMALY_TYPES,
  type AnomalyType,
  batchFromRows,
  batchRows,
  type ColumnDefinition,
  eq,
  type LogTable,
  type StorageBackend,
  type TableSource,
  WriterConfigurationError,
} from '@forge/writer-core'
import { assertOptions, option, textOrNull } from '@forge/writer-core/storage'
import { anomalyTable, readAnomalies } from '../store/anomaly-store.ts'
import type { Feedback, FeedbackKind } from './feedback.ts'

/** The feedback of people: on one anomaly by its id, or on a time range of a pipeline or step. */
export type FeedbackInput = {
  readonly kind: FeedbackKind
  /** A note that is stored with it. */
  readonly note?: string | undefined
} & (
  | { readonly anomalyId: string }
  | {
      readonly from: Date | string
      readonly to: Date | string
      /** The name it applies to. Default: all. */
      readonly pipeline?: string | undefined
      /** The name it applies to. Default: all. */
      readonly step?: string | undefined
    }
)

const KINDS: readonly FeedbackKind[] = ['expected', 'incident', 'maintenance']

const KIND = { kind: option.required(option.oneOf(KINDS)), note: option.string }
const ABOUT_ANOMALY = { ...KIND, anomalyId: option.string }
const ABOUT_TIMES = { ...KIND, from: option.any, to: option.any, pipeline: option.string, step: option.string }

const FEEDBACK_COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'string', nullable: false },
  { name: 'kind', type: 'string', nullable: false, description: 'expected, incident or maintenance' },
  { name: 'anomaly_id', type: 'string', nullable: true, description: 'Id of the anomaly; null for a time range.' },
  { name: 'pipeline', type: 'string', nullable: true, description: 'Null means any.' },
  { name: 'step', type: 'string', nullable: true, description: 'Null means any.' },
  { name: 'anomaly_type', type: 'string', nullable: true },
  { name: 'from_time', type: 'timestamp', nullable: false, unit: 'UTC' },
  { name: 'to_time', type: 'timestamp', nullable: false, unit: 'UTC' },
  { name: 'value', type: 'double', nullable: true, description: 'Value of the anomaly.' },
  { name: 'note', type: 'string', nullable: true },
  { name: 'created_at', type: 'timestamp', nullable: true, unit: 'UTC' },
]

/**
 * Stores feedback in `<table>_anomaly_feedback`. From then on detection respects it: `expected` values are learned unchanged and not reported again,
 * rows of an `incident` or of `maintenance` are not learned, and anomalies in a maintenance window are suppressed. Throws WriterConfigurationError
 * for the id of an anomaly that does not exist, and for a time range that ends before it begins.
 */
export async function addFeedback(
  source: TableSource,
  input: FeedbackInput,
  options: { readonly now?: (() => Date) | undefined } = {},
): Promise<Feedback> {
  assertOptions('addFeedback', options, { now: option.clock })
  const { now = () => new Date() } = options
  const feedback = await feedbackOf(source, input)
  const table = await feedbackTable(source)
  const { anomalyId, type, from, to, ...rest } = feedback
  const row = { ...rest, anomaly_id: anomalyId, anomaly_type: type, from_time: from, to_time: to, created_at: now() }
  await table.append(batchFromRows(FEEDBACK_COLUMNS, [row]), { batchId: `feedback:${feedback.id}` })
  generations.set(source.storage, generationOf(source.storage) + 1)
  return feedback
}

/** Reads all feedback on a log, oldest first. */
export async function readFeedback(source: TableSource): Promise<Feedback[]> {
  const found: Feedback[] = []
  const table = await feedbackTable(source)
  for await (const batch of table.scan({ orderBy: [{ column: 'created_at' }, { column: 'id' }] })) {
    for (const row of batchRows(batch)) {
      found.push({
        id: String(row.id),
        kind: kindOf(row.kind),
        anomalyId: textOrNull(row.anomaly_id),
        pipeline: textOrNull(row.pipeline),
        step: textOrNull(row.step),
        type: typeOf(row.anomaly_type),
        from: String(row.from_time),
        to: String(row.to_time),
        value: typeof row.value === 'number' ? row.value : null,
        note: textOrNull(row.note),
      })
    }
  }
  return found
}

// A watch in this process learns of feedback immediately, without reading the table before each write.
const generations = new WeakMap<StorageBackend, number>()

/** Returns a number that grows whenever feedback is added through this storage. */
export function generationOf(storage: StorageBackend): number {
  return generations.get(storage) ?? 0
}

function feedbackTable(source: TableSource): Promise<LogTable> {
  return source.companion('anomaly_feedback', FEEDBACK_COLUMNS)
}

async function feedbackOf(source: TableSource, input: FeedbackInput): Promise<Feedback> {
  assertOptions(
    'addFeedback',
    input,
    input && typeof input === 'object' && 'anomalyId' in input ? ABOUT_ANOMALY : ABOUT_TIMES,
  )
  const base = { id: randomUUID(), kind: input.kind, note: input.note ?? null }
  if (!('anomalyId' in input)) {
    const [from, to] = [instant(input.from, 'from'), instant(input.to, 'to')]
    if (from > to) throw invalid('the time range ends before it begins')
    const { pipeline = null, step = null } = input
    return { ...base, anomalyId: null, pipeline, step, type: null, from, to, value: null }
  }
  for await (const anomaly of readAnomalies(await anomalyTable(source), eq('id', input.anomalyId))) {
    const { pipeline, step, type, occurredAt, value } = anomaly
    return { ...base, anomalyId: anomaly.id, pipeline, step, type, from: occurredAt, to: occurredAt, value }
  }
  throw invalid(`no anomaly has the id ${input.anomalyId}`)
}

function instant(value: Date | string, what: string): string {
  const time = value instanceof Date ? value : new Date(value)
  if (Number.isNaN(time.getTime())) throw invalid(`${what} is not a valid time`)
  return time.toISOString()
}

function invalid(problem: string): WriterConfigurationError {
  return new WriterConfigurationError(`feedback: ${problem}`, {
    suggestions: ['`forge-writer anomalies` prints anomalies with their ids; times are ISO 8601.'],
    committed: 'no',
  })
}

function kindOf(value: unknown): FeedbackKind {
  return value === 'expected' || value === 'incident' ? value : 'maintenance'
}

function typeOf(value: unknown): AnomalyType | null {
  return ANOMALY_TYPES.find((type) => type === value) ?? null
}
