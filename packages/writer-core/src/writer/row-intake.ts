import { setImmediate } from 'node:timers/promises'
import type { LogBatch } from '../batch/log-batch.ts'
import { takeRows } from '../batch/select.ts'
import { generateTableRef, isRouted } from '../config/table-name.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import { WriterValidationError } from '../errors/kinds.ts'
import type { RunMode } from '../log/columns.ts'
import { type LogRowEncoder, logRowEncoder, type RowRefusal } from '../log/log-row-encoder.ts'
import { type Redaction, redactionOf } from '../log/redaction.ts'
import type { TableRef } from '../storage/log-table.ts'
import { parseMicros } from '../time/instant.ts'
import type { TableHandle, TableHandles } from './table-handles.ts'

/** Rows on their way to one table. */
export interface TableBatch {
  readonly handle: TableHandle
  readonly batch: LogBatch
}

export interface IntakeContext {
  readonly config: WriterConfig
  readonly handles: TableHandles
  /** For rows without one. */
  readonly runId: string
  readonly now: Date
  /** How many rows will come, where it is known. */
  readonly expectedRows?: number
}

/** Validates rows, sends each to its table and lays them out in columns. */
export interface RowIntake {
  /** Takes the row, or leaves it out and says why. A promise where the row's table is still to be opened. */
  add(row: unknown): RowRefusal | undefined | Promise<RowRefusal | undefined>
  /** Rows that were taken. */
  readonly rowCount: number
  /** The run of the first row. */
  readonly firstRunId: string | undefined
  finish(): TableBatch[]
}

interface Target {
  readonly handle: TableHandle
  readonly encoder: LogRowEncoder
  /** Positions in the encoder of rows that were refused. */
  readonly refused: number[]
}

export function rowIntake(context: IntakeContext): RowIntake {
  const { config } = context
  const targets = new Map<string, Target>()
  const redaction = redactionOf(config.redact)
  const routed = isRouted(config)
  const only = routed ? undefined : tableKeyOf(generateTableRef(config))
  let rowCount = 0
  let firstRunId: string | undefined

  const take = (row: unknown, { encoder, refused }: Target) => {
    const refusal = encoder.add(row)
    if (refusal) refused.push(encoder.rowCount - 1)
    else {
      firstRunId ??= runIdOf(row, context.runId)
      rowCount++
    }
    return refusal
  }
  return {
    add(row) {
      const ref = routed ? refOf(row, context) : undefined
      const key = only ?? tableKeyOf(ref ?? generateTableRef(config))
      const target = targets.get(key)
      if (target) return take(row, target)
      return openTarget(ref ?? generateTableRef(config), context, redaction).then((opened) => {
        targets.set(key, opened)
        return take(row, opened)
      })
    },
    get rowCount() {
      return rowCount
    },
    get firstRunId() {
      return firstRunId
    },
    finish: () =>
      [...targets.values()].flatMap(({ handle, encoder, refused }) => {
        const batch = withoutRows(encoder.finish(), refused)
        return batch.rowCount > 0 ? [{ handle, batch }] : []
      }),
  }
}

/** A {@link RowRefusal} with the position of its row in the call, from 0. */
export interface RefusedRow extends RowRefusal {
  readonly row: number
}

/** Takes all rows, or throws WriterValidationError with every problem (of up to 100 rows). */
export async function takeAll(intake: RowIntake, rows: Iterable<unknown>): Promise<void> {
  const refused: RefusedRow[] = []
  let row = 0
  for (const each of rows) {
    const adding = intake.add(each)
    const refusal = adding instanceof Promise ? await adding : adding
    if (refusal) refused.push({ row, ...refusal })
    if (refused.length >= MOST_ROWS) break
    // A million rows take a second or two to check: others get their turn in between.
    if (++row % ROWS_PER_TURN === 0) await setImmediate()
  }
  if (refused.length > 0) throw validationError(refused)
}

/** Takes the rows from `start` to `end`, and adds those that are refused (100 at most) to `refused`. */
export async function takeSome(
  intake: RowIntake,
  rows: readonly unknown[],
  { start, end }: { readonly start: number; readonly end: number },
  refused: RefusedRow[],
): Promise<void> {
  for (let row = start; row < end; row++) {
    const adding = intake.add(rows[row])
    const refusal = adding instanceof Promise ? await adding : adding
    if (refusal && refused.length < MOST_ROWS) refused.push({ row, ...refusal })
  }
}

const MOST_ROWS = 100
const ROWS_PER_TURN = 16_384

/** Of rows that were refused; `context.problems` has `{ row, field, expected }`, `context.unknownFields` names. */
export function validationError(refused: readonly RefusedRow[]): WriterValidationError {
  const problems = refused.flatMap(({ row, problems }) => problems.map((problem) => ({ row, ...problem })))
  const unknownFields = [...new Set(refused.flatMap((each) => each.unknownFields))]
  const [first] = refused
  const told = [
    ...(first?.problems.map(({ field, expected }) => `${field} must be ${expected}`) ?? []),
    ...(unknownFields.length > 0 ? [`unknown fields: ${unknownFields.slice(0, 20).join(', ')}`] : []),
  ]
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more rows)` : ''
  return new WriterValidationError(`row ${first?.row ?? 0}: ${told.join('; ')}${more}`, {
    context: { problems, ...(unknownFields.length > 0 && { unknownFields }) },
    suggestions:
      unknownFields.length > 0
        ? [
            "Set enableSchemaEvolution to make them columns, or schemaValidationMode: 'lenient' to keep them in metadata.",
          ]
        : ['Correct the fields named in context.problems and write the rows again.'],
  })
}

async function openTarget(ref: TableRef, context: IntakeContext, redaction: Redaction): Promise<Target> {
  const { config, handles, runId, now } = context
  const handle = await handles.open(ref)
  const encoder = logRowEncoder({
    mode: config.schemaValidationMode,
    unknown: config.enableSchemaEvolution
      ? 'column'
      : config.schemaValidationMode === 'lenient'
        ? 'metadata'
        : 'refuse',
    extraColumns: await handle.extraColumns(),
    redaction,
    // Rows for several tables are spread over them in an unknown way.
    ...(context.expectedRows !== undefined && !isRouted(config) && { expectedRows: context.expectedRows }),
    runId,
    schema: ref.schema,
    now,
  })
  return { handle, encoder, refused: [] }
}

function tableKeyOf({ schema, name }: TableRef): string {
  return `${schema}\0${name}`
}

/** The table of a row's run, by what the row says of it. */
function refOf(row: unknown, { config, now }: IntakeContext): TableRef {
  const { pipeline_id, run_mode, run_started_at, start_time } = (row ?? {}) as Readonly<Record<string, unknown>>
  const started = instantOf(run_started_at) ?? instantOf(start_time) ?? now
  return generateTableRef(config, {
    runStartedAt: started,
    ...(typeof pipeline_id === 'string' && { pipelineId: pipeline_id }),
    ...(typeof run_mode === 'string' && { runMode: run_mode as RunMode }),
  })
}

function instantOf(value: unknown): Date | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value
  const micros = typeof value === 'string' ? parseMicros(value) : undefined
  return micros === undefined ? undefined : new Date(Number(micros / 1000n))
}

function runIdOf(row: unknown, fallback: string): string {
  const { run_id } = row as { readonly run_id?: unknown }
  return typeof run_id === 'string' ? run_id : fallback
}

function withoutRows(batch: LogBatch, refused: readonly number[]): LogBatch {
  if (refused.length === 0) return batch
  const left = new Set(refused)
  const kept: number[] = []
  for (let row = 0; row < batch.rowCount; row++) if (!left.has(row)) kept.push(row)
  return takeRows(batch, kept)
}
