import { isSuccessStatus, LOG_COLUMNS, type LogRowInput, type Status } from '@forge/writer-core'
import type { Attempt, SpoolEntry } from '../spool/entry.ts'
import type { LostReason } from '../spool/liveness.ts'

/** Returns the rows of a run that has ended: one for each attempt of the run, and one for each attempt of its step. */
export function endedRows(entry: SpoolEntry): LogRowInput[] {
  return entry.attempts.flatMap((attempt) => attemptRows(entry, attempt))
}

/** Describes the death of a run. */
export interface Death {
  readonly reason: LostReason
  /** The last sign of life, in milliseconds since 1970. */
  readonly heartbeatMs: number
}

/** Returns the rows of a run that died: its attempts that have ended, and one that is lost. */
export function lostRows(entry: SpoolEntry, { reason, heartbeatMs }: Death): LogRowInput[] {
  const seenAt = new Date(heartbeatMs).toISOString()
  const lost = {
    ...commonFields(entry),
    execution_id: executionId(entry, entry.attempts.length + 1),
    start_time: entry.startedAt,
    end_time: null,
    success: false,
    error_message: `lost: ${DEATHS[reason]}; last sign of life ${seenAt}`,
    rows_processed: 0,
  }
  const metadata = {
    ...commonMetadata(entry),
    status: 'lost' satisfies Status,
    lost_reason: reason,
    last_seen_at: seenAt,
    rows_unknown: true,
  }
  return [...endedRows(entry), ...rowKinds(entry).map((kind) => ({ ...lost, ...kind, metadata }))]
}

const DEATHS: Readonly<Record<LostReason, string>> = {
  killed: 'the recording process and the command ended without a trace',
  reboot: 'the machine was restarted',
  'no heartbeat': 'the host no longer sends signs of life',
}

/** The run row and the step row of an entry. */
function rowKinds({ identity }: SpoolEntry): Pick<LogRowInput, 'phase' | 'step_name' | 'step_type'>[] {
  const { isNested, stepName, pipelineId, phase } = identity
  const step = {
    phase: phase as NonNullable<LogRowInput['phase']>,
    step_name: stepName ?? pipelineId,
    step_type: 'command',
  }
  const run = { phase: 'pipeline', step_name: pipelineId, step_type: 'run' } as const
  if (isNested) return [step]
  return stepName === undefined ? [run] : [run, step]
}

function attemptRows(entry: SpoolEntry, attempt: Attempt): LogRowInput[] {
  const { columns, rest } = splitMetrics(attempt.metrics)
  const isLast = attempt.number === entry.attempts.length
  const row = {
    ...commonFields(entry),
    execution_id: executionId(entry, attempt.number),
    ...(!entry.identity.isNested && isLast && { run_ended_at: attempt.endedAt }),
    start_time: attempt.startedAt,
    end_time: attempt.endedAt,
    duration_secs: attempt.durationSecs,
    success: isSuccessStatus(attempt.status),
    error_message: isSuccessStatus(attempt.status) ? null : (attempt.errorMessage ?? null),
    memory_usage_mb: attempt.memoryMb ?? null,
    cpu_usage_percent: cpuPercent(attempt),
    // Whatever was written was processed.
    rows_processed: columns.rows_written ?? 0,
    ...columns,
  }
  const metadata = { ...commonMetadata(entry), ...attemptMetadata(attempt, entry), ...rest }
  const isUnknown = !Object.keys(columns).some((name) => name.includes('rows'))
  return rowKinds(entry).map((kind) => ({
    ...row,
    ...kind,
    metadata: { ...metadata, ...(isUnknown && { rows_unknown: true }) },
  }))
}

function commonFields({ identity, startedAt }: SpoolEntry): LogRowInput {
  return {
    run_id: identity.runId,
    pipeline_id: identity.pipelineId,
    run_started_at: identity.isNested ? null : startedAt,
    run_ended_at: null,
  }
}

function commonMetadata({ identity, owner, command, cwd, metadata }: SpoolEntry): Record<string, unknown> {
  return present({
    ...metadata,
    source: command === undefined ? undefined : 'record',
    command,
    cwd,
    host: owner.host.split('/')[0],
    parent_step: identity.parentStep,
    trace_id: identity.traceId,
    span_id: identity.spanId,
    parent_span_id: identity.parentSpanId,
  })
}

function attemptMetadata(attempt: Attempt, { attempts }: SpoolEntry): Record<string, unknown> {
  const wallSecs = (Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt)) / 1000
  const asleepSecs = Math.round(wallSecs - attempt.durationSecs)
  return present({
    status: attempt.status,
    exit_code: attempt.exitCode,
    signal: attempt.signal,
    attempt: attempts.length > 1 ? attempt.number : undefined,
    skip_reason: attempt.status === 'skipped' ? attempt.errorMessage : undefined,
    memory_method: attempt.memoryMethod,
    cpu_secs: attempt.cpuSecs,
    wall_secs: wallSecs,
    asleep_secs: asleepSecs >= 1 ? asleepSecs : undefined,
    orphans: attempt.orphans,
    ignored_metrics: attempt.ignoredMetrics,
    output: attempt.output && storedOutput(attempt.output),
    output_problem: attempt.outputProblem,
  })
}

function storedOutput(output: NonNullable<Attempt['output']>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(output).map(([name, { bytes, head, cutBytes, tail }]) => [
      name,
      present({ bytes, head, cut_bytes: cutBytes, tail }),
    ]),
  )
}

function cpuPercent({ cpuSecs, durationSecs }: Attempt): number | null {
  return cpuSecs === undefined || durationSecs <= 0 ? null : Math.round((cpuSecs / durationSecs) * 10_000) / 100
}

function executionId({ identity }: SpoolEntry, number: number): string {
  return number === 1 ? identity.executionId : `${identity.executionId}/${number}`
}

/** The columns that a command may set, by name. */
const SETTABLE = LOG_COLUMNS.filter(
  ({ name, type }) => type === 'int64' || ['validation_rate', 'table_fqn', 'write_mode'].includes(name),
)

/** Separates the figures of a command into columns of the log and the rest. A value that its column cannot hold belongs to the rest. */
function splitMetrics(metrics: Attempt['metrics']): {
  readonly columns: LogRowInput
  readonly rest: Readonly<Record<string, unknown>>
} {
  if (metrics === undefined) return { columns: {}, rest: {} }
  const [columns, rest]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}]
  for (const [name, value] of Object.entries(metrics)) {
    const column = SETTABLE.find((each) => each.name === name)
    const accepted = column && acceptedValue(column, value)
    if (accepted === undefined) rest[name] = value
    else columns[name] = accepted
  }
  return { columns, rest: Object.keys(rest).length > 0 ? { metrics: rest } : {} }
}

function acceptedValue(column: (typeof SETTABLE)[number], value: unknown): unknown {
  if (column.type === 'int64') return countOf(value)
  if (column.type === 'double') return typeof value === 'number' && value >= 0 && value <= 100 ? value : undefined
  const isAllowed =
    typeof value === 'string' && value !== '' && (!('oneOf' in column) || column.oneOf.some((each) => each === value))
  return isAllowed ? value : undefined
}

const MAX_COUNT = 2n ** 63n - 1n

function countOf(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined
  if (typeof value !== 'string' || !/^\d{1,19}$/.test(value)) return undefined
  const count = BigInt(value)
  return count <= MAX_COUNT ? count : undefined
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))
}
