import { isSuccessStatus, type LogRowInput, type Status, type WriteMode } from '@forge/writer-core'
import type { RowCounts } from './options.ts'

type Count = number | bigint
const COLUMNS = {
  input: 'input_rows',
  output: 'output_rows',
  processed: 'rows_processed',
  written: 'rows_written',
  valid: 'valid_rows',
  invalid: 'invalid_rows',
} as const

/** What a step or run reports while it goes on. */
export interface StepRecord {
  rows(counts: RowCounts): void
  table(fqn: string, writeMode?: WriteMode): void
  note(facts: Readonly<Record<string, unknown>>): void
  warn(message: string): void
  skip(reason: string): void
  /** The columns for what was reported, with the outcome of the work. */
  columns(outcome: StepOutcome): LogRowInput
  /** The counts so far, by column. */
  readonly counts: Readonly<Record<string, Count>>
}

/** How the work ended. */
export interface StepOutcome {
  readonly error?: unknown | undefined
  readonly hasFailed: boolean
  readonly isAborted: boolean
}

export function stepRecord(metadata: Readonly<Record<string, unknown>> | undefined): StepRecord {
  const counts: Record<string, Count> = {}
  let target: LogRowInput = {}
  let facts: Readonly<Record<string, unknown>> = { ...metadata }
  let reported: { readonly status: Status; readonly message: string } | undefined
  return {
    rows(given) {
      for (const [name, column] of Object.entries(COLUMNS)) {
        const count = given[name as keyof typeof COLUMNS]
        if (count !== undefined) counts[column] = sum(counts[column] ?? 0, count)
      }
      if (given.tableTotal !== undefined) target = { ...target, table_total_rows: given.tableTotal }
    },
    table(fqn, writeMode) {
      target = { ...target, table_fqn: fqn, ...(writeMode && { write_mode: writeMode }) }
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
    columns({ hasFailed, isAborted, error }) {
      const status = hasFailed ? failureStatus(error, isAborted) : (reported?.status ?? 'success')
      return {
        ...counts,
        ...target,
        success: isSuccessStatus(status),
        error_message: hasFailed ? messageOf(error) : null,
        metadata: {
          ...facts,
          status,
          ...(hasFailed ? errorFacts(error) : reported && { [`${status}_reason`]: reported.message }),
          ...(counts.rows_processed === undefined && counts.rows_written === undefined && { rows_unknown: true }),
        },
      }
    },
    counts,
  }
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
  return text.slice(0, MAX_MESSAGE)
}

function errorFacts(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return {}
  return { error_type: nameOf(error), error_detail: error.stack?.slice(0, MAX_STACK) }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined
}

/** Returns an exact sum: a bigint if a double cannot hold it. */
export function sum(one: Count, other: Count): Count {
  if (typeof one === 'number' && typeof other === 'number') {
    const total = one + other
    // A count that is not whole is not a count: the writer rejects it, with its name.
    if (Number.isSafeInteger(total) || !Number.isInteger(one) || !Number.isInteger(other)) return total
  }
  if ([one, other].some((count) => typeof count === 'number' && !Number.isInteger(count))) return Number.NaN
  const total = BigInt(one) + BigInt(other)
  return total <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(total) : total
}
