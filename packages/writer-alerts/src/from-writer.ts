import { createHash } from 'node:crypto'
import {
  type Anomaly,
  batchRows,
  hasFailed,
  isWriterError,
  type LogBatch,
  type QualityResult,
  selectColumns,
  type WriterEvent,
} from '@forge/writer-core'
import type { Alert } from './alert.ts'

const MOST_TEXT = 300
const MOST_RULES = 5

/** The alert of an event of the writer; most events are none. */
export function alertOfEvent(event: WriterEvent, now: Date): Alert | undefined {
  switch (event.type) {
    case 'anomaly':
      return alertOfAnomaly(event.anomaly, event.tableFqn)
    case 'quality':
      return alertOfQuality(event.result, event.tableFqn, now)
    case 'writeFailed':
      return alertOfFailedWrite(event, now)
    case 'written':
    case 'retry':
    case 'optimized':
    case 'hookFailed':
      return undefined
  }
}

/** A finding that gets graver is another alert. */
export function alertOfAnomaly(anomaly: Anomaly, tableFqn: string): Alert {
  const { id, severity, type, description, pipeline, phase, step, run_id, occurred_at } = anomaly
  const where = step === null ? pipeline : `${pipeline} ${phase}.${step}`
  return {
    id: `anomaly:${id}:${severity}`,
    kind: 'anomaly',
    severity,
    title: `${type.replaceAll('_', ' ')}: ${where}`,
    text: description,
    tableFqn,
    pipeline,
    step,
    runId: run_id,
    occurredAt: occurred_at,
  }
}

/** A breach of rules; undefined where they hold. */
export function alertOfQuality(result: QualityResult, tableFqn: string, now: Date): Alert | undefined {
  if (result.qualityPassed && result.thresholdMet) return undefined
  const rules = result.failures.map(
    ({ rule, failingRows, checkedRows }) => `${rule} (${failingRows} of ${checkedRows} rows)`,
  )
  const more = rules.length > MOST_RULES ? `, and ${rules.length - MOST_RULES} more` : ''
  const hasError = result.failures.some(({ severity }) => severity === 'error') || !result.thresholdMet
  const facts = [tableFqn, result.validRows, result.invalidRows, ...rules, now.toISOString().slice(0, 13)]
  return {
    id: `quality:${digest(facts)}`,
    kind: 'quality',
    severity: hasError ? 'error' : 'warning',
    title: `quality: ${result.validationRate.toFixed(1)} % of the rows for ${tableFqn} are valid`,
    text:
      rules.length > 0
        ? `Rules that did not hold: ${rules.slice(0, MOST_RULES).join(', ')}${more}`
        : 'The share of valid rows is below its threshold.',
    tableFqn,
    pipeline: null,
    step: null,
    runId: null,
    occurredAt: now.toISOString(),
  }
}

/** Rows that were not stored. What a gate stopped is told as quality. */
function alertOfFailedWrite(event: Extract<WriterEvent, { type: 'writeFailed' }>, now: Date): Alert | undefined {
  const { error, tableFqn, batchId } = event
  if (isWriterError(error, 'DATA_QUALITY')) {
    return {
      ...failedWrite(error.message, tableFqn, batchId, now),
      kind: 'quality',
      title: `quality: a write to ${tableFqn} was stopped`,
    }
  }
  // The words of our own errors are fit to be sent; those of others may hold data.
  const text = isWriterError(error) ? `${error.code}: ${error.message}` : 'The storage failed.'
  return failedWrite(text, tableFqn, batchId, now)
}

function failedWrite(text: string, tableFqn: string, batchId: string, now: Date): Alert {
  return {
    id: `write:${tableFqn}:${batchId}`,
    kind: 'failure',
    severity: 'error',
    title: `a write to ${tableFqn} failed`,
    text: text.slice(0, MOST_TEXT),
    tableFqn,
    pipeline: null,
    step: null,
    runId: null,
    occurredAt: now.toISOString(),
  }
}

const COLUMNS = ['pipeline_id', 'run_id', 'phase', 'step_name', 'success', 'error_message', 'execution_id']

/** An alert for each run in which a step failed and was not retried with success in the same batch. A step whose outcome is not known did not fail. */
export function alertsOfFailedRuns(batch: LogBatch, tableFqn: string, now: Date): Alert[] {
  if (!hasFailure(batch)) return []
  const last = new Map<string, ReturnType<typeof factsOf>>()
  const more = batch.columns.flatMap(({ name }) => (name === 'metadata' ? name : []))
  for (const row of batchRows(selectColumns(batch, [...COLUMNS, ...more]))) {
    const facts = factsOf(row)
    last.set([facts.pipeline, facts.runId, facts.phase, facts.step].join('\0'), facts)
  }
  const runs = new Map<string, ReturnType<typeof factsOf>[]>()
  for (const facts of last.values()) {
    const key = [facts.pipeline, facts.runId].join('\0')
    if (facts.hasFailed) runs.set(key, [...(runs.get(key) ?? []), facts])
  }
  return [...runs.values()].map((failed) => alertOfRun(failed, tableFqn, now))
}

function hasFailure(batch: LogBatch): boolean {
  const vector = batch.vectors[batch.columns.findIndex(({ name }) => name === 'success')]
  if (vector?.kind !== 'boolean') return false
  for (let at = 0; at < batch.rowCount; at++) if (vector.values[at] === 0) return true
  return false
}

function factsOf(row: Readonly<Record<string, unknown>>) {
  return {
    pipeline: String(row.pipeline_id),
    runId: String(row.run_id),
    phase: String(row.phase),
    step: String(row.step_name),
    hasFailed: hasFailed(row),
    error: typeof row.error_message === 'string' ? row.error_message : null,
  }
}

function alertOfRun(failed: readonly ReturnType<typeof factsOf>[], tableFqn: string, now: Date): Alert {
  const steps = failed.filter(({ phase }) => phase !== 'pipeline')
  const [first] = steps.length > 0 ? steps : failed
  const names = steps.map(({ phase, step }) => `${phase}.${step}`)
  const { pipeline = 'unknown', runId = '', error = null } = first ?? {}
  return {
    id: `failure:${digest([tableFqn, pipeline, runId])}`,
    kind: 'failure',
    severity: 'error',
    title: `failed: ${pipeline}${names.length > 0 ? ` (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''})` : ''}`,
    text: error === null ? `Run ${runId} failed.` : `Run ${runId} failed: ${error.slice(0, MOST_TEXT)}`,
    tableFqn,
    pipeline,
    step: steps.length === 1 ? (first?.step ?? null) : null,
    runId,
    occurredAt: now.toISOString(),
  }
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)
}
