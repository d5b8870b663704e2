import { isSuccessStatus, type LogRowInput, type RunMode, type Status } from '@forge/writer-core'
import { microsFromIso } from '@forge/writer-core/storage'
import type { AdapterOptions } from '../adapter.ts'
import { type ErrorText, errorText } from '../mapping/error-text.ts'
import { present, rowCount } from '../mapping/figures.ts'
import { periodOf, readTime } from '../mapping/period.ts'
import { phaseOf, type StepPhase } from '../mapping/phase.ts'
import type { Result } from './documents.ts'
import type { Manifest } from './manifest.ts'
import { checkedTable, schemaOf, tableOf, writeModeOf } from './relation.ts'
import type { DbtRun } from './run.ts'

export interface StepContext {
  readonly run: DbtRun
  readonly runMode: RunMode
  readonly pipelineId: string
  readonly manifest: Manifest
  readonly options: AdapterOptions
  /** Names of all steps of the run; without a manifest, the name of a test shows which of them it checks. */
  readonly stepNames: readonly string[]
  /** The error texts of the failures of the run, for results without one. */
  readonly runMessage: string | undefined
}

const CHECKS = new Set(['test', 'unit_test'])

export function isCheck(uniqueId: string): boolean {
  return CHECKS.has(typeOf(uniqueId))
}

/** Returns the log row of one result. */
export function stepRow(result: Result, status: Status, context: StepContext): LogRowInput {
  const { run, manifest } = context
  const node = manifest.node(result.unique_id)
  const check = isCheck(result.unique_id)
  const table = check ? checkedTable(manifest, result.unique_id) : tableOf(node, result.relation_name)
  const times = timesOf(result.timing ?? [], context)
  const failures = check ? failuresOf(result) : undefined
  const error = failureOf(status, messageOf(result, failures) ?? context.runMessage)
  const rows = check ? undefined : rowsOf(result, node?.config?.materialized)
  return {
    ...commonFields(context),
    schema: (check ? schemaOf(table) : (node?.schema ?? schemaOf(table))) ?? 'unknown',
    phase: phaseOfStep(result.unique_id, context),
    step_name: result.unique_id,
    step_type: typeOf(result.unique_id),
    ...times.fields,
    duration_secs: result.execution_time ?? 0,
    table_fqn: table,
    write_mode: check ? null : writeModeOf(typeOf(result.unique_id), node),
    ...(check ? checkFigures(failures ?? null, status) : rowFigures(rows ?? null)),
    success: isSuccessStatus(status),
    error_message: error?.message ?? null,
    metadata: {
      ...present({
        status,
        source_status: result.status,
        thread_id: result.thread_id,
        ...adapterFacts(result.adapter_response ?? {}),
        failures: check ? failures : result.failures,
        batch_results: result.batch_results,
        tags: node?.tags?.length ? node.tags : undefined,
        dbt_version: run.dbtVersion,
        parent_run_id: run.parentRunId,
        error_detail: error?.detail,
      }),
      ...(!check && rows === null && { rows_unknown: true }),
      ...(times.isSuspect && { clock_suspect: true }),
    },
  }
}

/** Returns the fields that all rows of the run share. */
export function commonFields({ run, runMode, pipelineId }: Pick<StepContext, 'run' | 'runMode' | 'pipelineId'>) {
  return {
    run_id: run.runId,
    run_mode: runMode,
    run_started_at: run.startedAt,
    run_ended_at: run.endedAt,
    execution_id: run.executionId,
    pipeline_id: pipelineId,
  }
}

const HOUR_MICROS = 3_600_000_000n

/** Returns the time from the first start to the last end, compiling included. */
export function timesOf(timing: NonNullable<Result['timing']>, { run, options }: Pick<StepContext, 'run' | 'options'>) {
  const read = (text: string | null | undefined) => readTime(text, options.instants) ?? []
  // Instants of one format and zone sort as text in the same order.
  const start = timing.flatMap((each) => read(each.started_at)).sort()[0]
  const last = timing
    .flatMap((each) => read(each.completed_at))
    .sort()
    .at(-1)
  const { end, durationSecs, isReversed } = periodOf(start, last)
  const [from, to] = [microsFromIso(run.startedAt) - HOUR_MICROS, microsFromIso(run.endedAt) + HOUR_MICROS]
  const isOutside = (time: string | undefined) =>
    time !== undefined && (microsFromIso(time) < from || microsFromIso(time) > to)
  return {
    fields: { start_time: start ?? null, end_time: end },
    durationSecs,
    isSuspect: isReversed || isOutside(start) || isOutside(last),
  }
}

/** Returns the error text of a step that failed. */
export function failureOf(status: Status, text: string | undefined): ErrorText | undefined {
  return isSuccessStatus(status) || status === 'unknown' || text === undefined ? undefined : errorText(text)
}

/** Returns the validation rate of a check, which has no rows of its own. */
export function checkRate(status: Status): number {
  return status === 'success' || status === 'noop' || status === 'skipped' || status === 'unknown' ? 100 : 0
}

function typeOf(uniqueId: string): string {
  return uniqueId.slice(0, Math.max(0, uniqueId.indexOf('.'))) || 'step'
}

/** Returns the phase of a step; a check has the phase of the node it checks. */
function phaseOfStep(uniqueId: string, { manifest, options, stepNames }: StepContext): StepPhase {
  if (!isCheck(uniqueId)) return phaseOfNode(uniqueId, manifest, options)
  const checked = manifest.checkedBy(uniqueId) ?? checkedByName(uniqueId, stepNames)
  if (checked !== undefined) return phaseOfNode(checked, manifest, options)
  // Tests of sources have `source` in their name.
  const type = uniqueId.split('.')[2]?.startsWith('source_') ? 'source' : 'test'
  return phaseOf({ name: uniqueId, ownName: nameOf(uniqueId), type }, options.phases)
}

function phaseOfNode(uniqueId: string, manifest: Manifest, { phases }: AdapterOptions): StepPhase {
  const node = manifest.node(uniqueId)
  const folders = node?.fqn?.slice(1, -1) ?? []
  const hints = { type: typeOf(uniqueId), tags: node?.tags ?? [], folders }
  return phaseOf({ name: uniqueId, ownName: nameOf(uniqueId), ...hints }, phases)
}

/** Returns `orders` for `model.shop.orders.v2`, `unit_test.shop.orders.is_valid` and `source.shop.raw.orders`. */
function nameOf(uniqueId: string): string {
  const [type, , ...rest] = uniqueId.split('.')
  return (type === 'source' ? rest.at(-1) : rest[0]) ?? uniqueId
}

/**
 * Returns the step that a test checks: the longest step name within its name, such as `stg_orders` in `not_null_stg_orders_order_id`. A unit test
 * names its model.
 */
function checkedByName(uniqueId: string, stepNames: readonly string[]): string | undefined {
  const test = nameOf(uniqueId)
  const isUnitTest = typeOf(uniqueId) === 'unit_test'
  if (isUnitTest) return `model.${uniqueId.split('.')[1] ?? ''}.${test}`
  const held = stepNames.filter((name) => !isCheck(name) && `${test}_`.includes(`_${nameOf(name)}_`))
  return held.sort((a, b) => nameOf(b).length - nameOf(a).length)[0]
}

// A view has no rows, and a warehouse that answers only SUCCESS counts its own message.
function rowsOf({ adapter_response }: Result, materialized: string | null | undefined): number | bigint | null {
  const code = String(adapter_response?.code ?? '')
  if (materialized === 'view' || materialized === 'ephemeral' || /VIEW|^SUCCESS$/i.test(code)) return null
  return rowCount(adapter_response?.rows_affected)
}

function rowFigures(rows: number | bigint | null) {
  const processed = rows ?? 0
  const known = { rows_written: rows, output_rows: rows, rows_processed: processed }
  return { ...known, valid_rows: processed, invalid_rows: 0, validation_rate: 100 }
}

function checkFigures(failures: number | bigint | null, status: Status) {
  const failing = failures ?? 0
  const figures = { rows_written: null, output_rows: null, rows_processed: failing, invalid_rows: failing }
  return { ...figures, valid_rows: 0, validation_rate: checkRate(status) }
}

/** Returns the number of failing rows of a test. dbt 0.19 writes it as the message. */
function failuresOf({ failures, message }: Result): number | bigint | null {
  return failures ?? (isCount(message) ? rowCount(message) : null)
}

function messageOf({ message }: Result, failures: number | bigint | null | undefined): string | undefined {
  return failures !== undefined && isCount(message) ? `${message} rows fail the test` : (message ?? undefined)
}

function isCount(message: string | null | undefined): boolean {
  return /^\d{1,18}$/.test(message ?? '')
}

function adapterFacts(response: NonNullable<Result['adapter_response']>) {
  const { bytes_processed, bytes_billed, slot_ms, job_id } = response
  return { bytes_processed, bytes_billed, slot_ms, job_id }
}
