import { isSuccessStatus, type LogRowInput, type Status, type WriteMode } from '@forge/writer-core'
import { assertOptions, type OptionChecks, option } from '@forge/writer-core/storage'
import type { RowCounts } from './options.ts'

type Count = number | bigint

/** Only names are checked: a value that is wrong once in a while must not end the work. */
const COUNTS: OptionChecks<RowCounts> = {
  input: option.any,
  output: option.any,
  processed: option.any,
  written: option.any,
  valid: option.any,
  invalid: option.any,
  tableTotal: option.any,
}

/** The reports of a step or run while it runs. */
export interface StepRecord {
  rows(counts: RowCounts): void
  table(fqn: string, writeMode?: WriteMode): void
  note(facts: Readonly<Record<string, unknown>>): void
  warn(message: string): void
  skip(reason: string): void
  /** Returns a row with the columns of `base`, the reported columns, and the outcome of the work. */
  row(base: BaseRow, outcome: StepOutcome): LogRowInput
  /** The counts so far. */
  readonly counts: StepCounts
}

/** The counts of a step, under the names by which they are reported. */
export type StepCounts = { -readonly [Name in keyof RowCounts]-?: Count | undefined }

/** The columns that each row of a run or step has, whatever it reports. */
export interface BaseRow
  extends Pick<
    LogRowInput,
    | 'run_id'
    | 'run_mode'
    | 'run_started_at'
    | 'run_ended_at'
    | 'execution_id'
    | 'pipeline_id'
    | 'schema'
    | 'phase'
    | 'step_name'
    | 'step_type'
    | 'start_time'
    | 'end_time'
    | 'duration_secs'
  > {}

/** The outcome of the work. */
export interface StepOutcome {
  readonly error?: unknown | undefined
  readonly hasFailed: boolean
  readonly isAborted: boolean
}

type MutableRow = { -readonly [Name in keyof LogRowInput]: LogRowInput[Name] }

/** Creates counts of which none is known. Their shape is that of every step, which engines make fast. */
export function unknownCounts(): StepCounts {
  return {
    input: undefined,
    output: undefined,
    processed: undefined,
    written: undefined,
    valid: undefined,
    invalid: undefined,
    tableTotal: undefined,
  }
}

export function stepRecord(given: Readonly<Record<string, unknown>> | undefined): StepRecord {
  const counts = unknownCounts()
  let target: { readonly fqn: string; readonly writeMode: WriteMode | undefined } | undefined
  let facts = given
  let reported: { readonly status: Status; readonly message: string } | undefined
  return {
    rows(more) {
      addCounts(counts, checkNames(more))
      if (more.tableTotal !== undefined) counts.tableTotal = more.tableTotal
    },
    table(fqn, writeMode) {
      target = { fqn, writeMode: writeMode ?? target?.writeMode }
    },
    note(more) {
      facts = { ...facts, ...more }
    },
    warn(message) {
      reported = { status: 'warn', message }
    },
    skip(reason) {
      reported = { status: 'skipped', message: reason }
    },
    // Each field is written out, in one order: rows of one shape are made and read several times faster.
    row(base, { hasFailed, isAborted, error }) {
      const status = hasFailed ? failureStatus(error, isAborted) : (reported?.status ?? 'success')
      const isUnknown = counts.processed === undefined && counts.written === undefined
      const row: MutableRow = {
        run_id: base.run_id,
        run_started_at: base.run_started_at ?? null,
        run_ended_at: base.run_ended_at ?? null,
        execution_id: base.execution_id,
        pipeline_id: base.pipeline_id,
        phase: base.phase,
        step_name: base.step_name,
        step_type: base.step_type,
        start_time: base.start_time,
        end_time: base.end_time,
        duration_secs: base.duration_secs,
        table_fqn: target?.fqn ?? null,
        write_mode: target?.writeMode ?? null,
        input_rows: counts.input ?? null,
        output_rows: counts.output ?? null,
        rows_written: counts.written ?? null,
        table_total_rows: counts.tableTotal ?? null,
        success: isSuccessStatus(status),
        error_message: hasFailed ? messageOf(error) : null,
        metadata: facts || hasFailed || reported ? { ...facts, status, ...reasons() } : { status },
      }
      if (isUnknown) row.metadata = { ...(row.metadata as object), rows_unknown: true }
      if (base.run_mode !== undefined) row.run_mode = base.run_mode
      if (base.schema !== undefined) row.schema = base.schema
      // Whatever was written was processed.
      const processed = counts.processed ?? counts.written
      if (processed !== undefined) row.rows_processed = processed
      if (counts.valid !== undefined) row.valid_rows = counts.valid
      if (counts.invalid !== undefined) row.invalid_rows = counts.invalid
      return row

      function reasons() {
        if (hasFailed) return errorFacts(error)
        return reported && { [`${status}_reason`]: reported.message }
      }
    },
    counts,
  }
}

/** Adds counts to others. */
export function addCounts(to: StepCounts, more: RowCounts): void {
  if (more.input !== undefined) to.input = sum(to.input ?? 0, more.input)
  if (more.output !== undefined) to.output = sum(to.output ?? 0, more.output)
  if (more.processed !== undefined) to.processed = sum(to.processed ?? 0, more.processed)
  if (more.written !== undefined) to.written = sum(to.written ?? 0, more.written)
  if (more.valid !== undefined) to.valid = sum(to.valid ?? 0, more.valid)
  if (more.invalid !== undefined) to.invalid = sum(to.invalid ?? 0, more.invalid)
}

const MAX_MESSAGE = 2000
const MAX_STACK = 16 * 1024

function failureStatus(error: unknown, isAborted: boolean): Status {
  const name = nameOf(error)
  if (name === 'TimeoutError') return 'timeout'
  return isAborted || name === 'AbortError' ? 'cancelled' : 'error'
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  // A cut may fall into a character.
  return text.slice(0, MAX_MESSAGE).toWellFormed()
}

function errorFacts(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return {}
  return { error_type: nameOf(error), error_detail: error.stack?.slice(0, MAX_STACK).toWellFormed() }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined
}

/** Returns an exact sum: a bigint if a double cannot hold it. */
function sum(one: Count, other: Count): Count {
  if (typeof one === 'number' && typeof other === 'number') {
    const total = one + other
    // A count that is not whole is not a count: the writer rejects it, with its name.
    if (Number.isSafeInteger(total) || !Number.isInteger(one) || !Number.isInteger(other)) return total
  }
  if ([one, other].some((count) => typeof count === 'number' && !Number.isInteger(count))) return Number.NaN
  const total = BigInt(one) + BigInt(other)
  return total <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(total) : total
}

/**
 * Returns the counts. Throws WriterConfigurationError for a name that is not one of a count. Steps are many, so that correct ones cost only a look at
 * each name.
 */
function checkNames(given: RowCounts): RowCounts {
  if (typeof given !== 'object' || given === null) assertOptions('rows', given, COUNTS)
  for (const name in given) if (!Object.hasOwn(COUNTS, name)) assertOptions('rows', given, COUNTS)
  return given
}
