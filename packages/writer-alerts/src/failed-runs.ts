import { createHash } from 'node:crypto'
import {
  batchRows,
  hasFailed,
  type LogBatch,
  metadataFields,
  type Row,
  readEnd,
  readStart,
  statusOf,
} from '@forge/writer-core'
import { selectColumns } from '@forge/writer-core/storage'
import type { Alert } from './alert.ts'
import { fitText } from './sinks/fit-text.ts'

const MAX_TEXT = 2000
const COLUMNS = [
  'pipeline_id',
  'run_id',
  'phase',
  'step_name',
  'success',
  'error_message',
  'execution_id',
  'start_time',
  'end_time',
  'run_started_at',
  'run_ended_at',
  'created_at',
  'duration_secs',
  'metadata',
]

/**
 * Returns an alert for each run in which a step failed and was not retried successfully in the same batch. A step with an unknown outcome did not
 * fail.
 */
export function alertsOfFailedRuns(batch: LogBatch, tableFqn: string, now: Date): Alert[] {
  if (!hasFailure(batch)) return []
  const columns = COLUMNS.filter((name) => batch.columns.some((column) => column.name === name))
  const last = new Map<string, StepFacts>()
  for (const row of batchRows(selectColumns(batch, columns))) {
    const facts = factsOf(row)
    last.set([facts.pipeline, facts.runId, facts.phase, facts.step].join('\0'), facts)
  }
  const runs = new Map<string, StepFacts[]>()
  for (const facts of last.values()) {
    if (!facts.hasFailed) continue
    const key = [facts.pipeline, facts.runId].join('\0')
    const failed = runs.get(key)
    if (failed) failed.push(facts)
    else runs.set(key, [facts])
  }
  return [...runs.values()].map((failed) => alertOfRun(failed, tableFqn, now))
}

/** Returns the key of the outages of a pipeline, whose alerts belong together. */
export function outageOf(tableFqn: string, pipeline: string): string {
  return `outage:${digest([tableFqn, pipeline])}`
}

export function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)
}

/** Reads the owner and the tags of a run from `metadata`. */
export function ownershipOf(metadata: unknown): Pick<Alert, 'owner' | 'tags'> {
  const { owner, tags } = metadataFields(metadata)
  const words = typeof tags === 'string' ? tags.split(',') : Array.isArray(tags) ? tags : []
  const names = words.filter((tag): tag is string => typeof tag === 'string').map((tag) => tag.trim())
  return {
    ...(typeof owner === 'string' && owner !== '' && { owner }),
    ...(names.length > 0 && { tags: names.filter((name) => name !== '') }),
  }
}

function hasFailure(batch: LogBatch): boolean {
  const vector = batch.vectors[batch.columns.findIndex(({ name }) => name === 'success')]
  if (vector?.kind !== 'boolean') return false
  for (let at = 0; at < batch.rowCount; at++) if (vector.values[at] === 0) return true
  return false
}

interface StepFacts {
  readonly pipeline: string
  readonly runId: string
  readonly phase: string
  readonly step: string
  readonly hasFailed: boolean
  readonly error: string | null
  /** The end of the step, or its last known time; NaN if its times are unknown. */
  readonly atMs: number
  readonly metadata: unknown
}

function factsOf(row: Row): StepFacts {
  return {
    pipeline: String(row.pipeline_id),
    runId: String(row.run_id),
    phase: String(row.phase),
    step: String(row.step_name),
    hasFailed: hasFailed(row),
    error: typeof row.error_message === 'string' ? row.error_message : null,
    atMs: endMs(row),
    metadata: row.metadata,
  }
}

function endMs(row: Row): number {
  const micros = readEnd(row) ?? readStart(row)
  return micros === undefined ? Number.NaN : Number(micros) / 1000
}

function alertOfRun(failed: readonly StepFacts[], tableFqn: string, now: Date): Alert {
  const steps = failed.filter(({ phase }) => phase !== 'pipeline')
  const [first] = steps.length > 0 ? steps : failed
  const { pipeline = 'unknown', runId = '', error = null } = first ?? {}
  const isLost = failed.every((facts) => statusOf(facts) === 'lost')
  const names = steps.map(({ phase, step }) => `${phase}.${step}`)
  const more = names.length > 3 ? ', …' : ''
  const what = isLost ? 'lost' : 'failed'
  const sentence = isLost ? `Run ${runId} started, and it is unknown how it ended` : `Run ${runId} failed`
  return {
    id: `failure:${digest([tableFqn, pipeline, runId])}`,
    kind: isLost ? 'lost' : 'failure',
    severity: 'error',
    title: `${what}: ${pipeline}${names.length > 0 ? ` (${names.slice(0, 3).join(', ')}${more})` : ''}`,
    text: error === null ? `${sentence}.` : `${sentence}: ${fitText(error, MAX_TEXT)}`,
    tableFqn,
    pipeline,
    step: steps.length === 1 ? (first?.step ?? null) : null,
    runId,
    occurredAt: occurredAt(failed, now),
    incident: outageOf(tableFqn, pipeline),
    ...ownershipOf(failed.map(({ metadata }) => metadata).find((each) => hasOwnership(each))),
  }
}

/** Returns the time at which the last of the failed steps ended; now if it is unknown or in the future. */
function occurredAt(failed: readonly StepFacts[], now: Date): string {
  const times = failed.map(({ atMs }) => atMs).filter((ms) => Number.isFinite(ms) && ms <= now.getTime())
  const latest = times.length > 0 ? new Date(Math.max(...times)) : now
  return (Number.isNaN(latest.getTime()) ? now : latest).toISOString()
}

function hasOwnership(metadata: unknown): boolean {
  const { owner, tags } = ownershipOf(metadata)
  return owner !== undefined || tags !== undefined
}
