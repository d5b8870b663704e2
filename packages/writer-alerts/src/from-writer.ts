import { type Anomaly, isWriterError, type QualityResult, type WriterEvent } from '@forge/writer-core'
import type { Alert } from './alert.ts'
import { digest } from './failed-runs.ts'
import { fitText } from './sinks/fit-text.ts'

const MAX_TEXT = 2000
const MAX_RULES = 5

/** Returns the alert of an event of the writer; undefined for most events. */
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

/** Returns the alert of an anomaly. An anomaly whose severity rises is another alert. */
export function alertOfAnomaly(anomaly: Anomaly, tableFqn: string): Alert {
  const { id, severity, type, description, pipeline, phase, step, runId, occurredAt } = anomaly
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
    runId,
    occurredAt,
  }
}

/** Returns the alert of a failed quality check; undefined if it passed. */
export function alertOfQuality(result: QualityResult, tableFqn: string, now: Date): Alert | undefined {
  if (result.qualityPassed && result.thresholdMet) return undefined
  const rules = result.failures.map(
    ({ rule, failingRows, checkedRows }) => `${rule} (${failingRows} of ${checkedRows} rows)`,
  )
  const more = rules.length > MAX_RULES ? `, and ${rules.length - MAX_RULES} more` : ''
  const hasError = result.failures.some(({ severity }) => severity === 'error') || !result.thresholdMet
  const facts = [tableFqn, result.validRows, result.invalidRows, ...rules, now.toISOString().slice(0, 13)]
  return {
    id: `quality:${digest(facts)}`,
    kind: 'quality',
    severity: hasError ? 'error' : 'warning',
    title: `quality: ${result.validationRate.toFixed(1)} % of the rows for ${tableFqn} are valid`,
    text:
      rules.length > 0
        ? `Failing rules: ${rules.slice(0, MAX_RULES).join(', ')}${more}`
        : 'The share of valid rows is below its threshold.',
    tableFqn,
    pipeline: null,
    step: null,
    runId: null,
    occurredAt: now.toISOString(),
  }
}

/** Returns the alert of rows that were not stored. A write that a gate stopped is an alert of kind `quality` instead. */
function alertOfFailedWrite(event: Extract<WriterEvent, { type: 'writeFailed' }>, now: Date): Alert | undefined {
  const { error, tableFqn, batchId } = event
  if (isWriterError(error, 'DATA_QUALITY')) {
    return {
      ...failedWrite(error.message, tableFqn, batchId, now),
      kind: 'quality',
      title: `quality: a write to ${tableFqn} was stopped`,
    }
  }
  // The messages of our own errors may be sent; those of others may contain data.
  const text = isWriterError(error) ? `${error.code}: ${error.message}` : 'The storage failed.'
  return failedWrite(text, tableFqn, batchId, now)
}

function failedWrite(text: string, tableFqn: string, batchId: string, now: Date): Alert {
  return {
    id: `write:${tableFqn}:${batchId}`,
    kind: 'failure',
    severity: 'error',
    title: `a write to ${tableFqn} failed`,
    text: fitText(text, MAX_TEXT),
    tableFqn,
    pipeline: null,
    step: null,
    runId: null,
    occurredAt: now.toISOString(),
  }
}
