import { setImmediate } from 'node:timers/promises'
import type { LogBatch } from '../batch/log-batch.ts'
import { takeRows } from '../batch/select.ts'
import { generateTableRef, isRouted } from '../config/table-name.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import { type LogRowEncoder, logRowEncoder } from '../encode/log-row-encoder.ts'
import { redactionOf } from '../encode/redaction.ts'
import type { RefusedRow, RowRefusal } from '../encode/row-refusal.ts'
import { WriterValidationError } from '../errors/kinds.ts'
import type { RunMode } from '../log/columns.ts'
import { readRunStart } from '../log/row-times.ts'
import type { TableHandle, TableHandles } from '../source/table-handles.ts'
import type { TableRef } from '../storage/log-table.ts'

/** The rows for one table. */
export interface TableBatch {
  readonly handle: TableHandle
  readonly batch: LogBatch
  /** Names of extra columns that no row names: they are null here and are not written. Default none. */
  readonly leftOut?: readonly string[] | undefined
}

export interface IntakeContext {
  readonly config: WriterConfig
  readonly handles: TableHandles
  /** The run id of rows without one. */
  readonly runId: string
  readonly now: Date
  /** Number of rows to come, if known. */
  readonly expectedRows?: number | undefined
}

/** Validates rows, routes each to its table and encodes them into columns. */
export interface RowIntake {
  /** Adds a row, or leaves it out and returns the reason. Returns a promise if the row's table has to be opened first. */
  add(row: unknown): RowRefusal | undefined | Promise<RowRefusal | undefined>
  /** Adds rows `start` to `end` (exclusive) up to the first one that is rejected, which it returns. Returns a promise like {@link add}. */
  addUntilRefused(
    rows: readonly unknown[],
    start: number,
    end: number,
  ): RefusedRow | undefined | Promise<RefusedRow | undefined>
  /** Adds rows `start` to `end` (exclusive), several times faster than {@link add}; returns the rejected ones. */
  addAll(rows: readonly unknown[], start: number, end: number): Promise<RefusedRow[]>
  /** Returns the number of accepted rows. */
  rowCount(): number
  /** Returns the run id of the first row. */
  firstRunId(): string | undefined
  finish(): TableBatch[]
}

interface Target {
  readonly handle: TableHandle
  readonly encoder: LogRowEncoder
  /** The positions of rejected rows in the encoder. */
  readonly refused: number[]
}

export function rowIntake(context: IntakeContext): RowIntake {
  const { config } = context
  const targets = new Map<string, Target>()
  const routed = isRouted(config)
  const only = routed ? undefined : tableKeyOf(generateTableRef(config))
  let rowCount = 0
  let firstRunId: string | undefined

  const take = (row: unknown, { encoder, refused }: Target) => {
    const refusal = encoder.add(row)
    if (refusal) refused.push(encoder.rowCount() - 1)
    else {
      firstRunId ??= runIdOf(row, context.runId)
      rowCount++
    }
    return refusal
  }
  const targetOf = async (key: string, ref: TableRef) => {
    const target = targets.get(key) ?? (await openTarget(ref, context))
    targets.set(key, target)
    return target
  }
  const addOne = (row: unknown) => {
    const ref = routed ? refOf(row, context) : undefined
    const key = only ?? tableKeyOf(ref ?? generateTableRef(config))
    const target = targets.get(key)
    return target
      ? take(row, target)
      : targetOf(key, ref ?? generateTableRef(config)).then((opened) => take(row, opened))
  }
  const takeSome = (rows: readonly unknown[], start: number, end: number, { encoder, refused }: Target) => {
    const before = encoder.rowCount() - start
    const [first] = encoder.addAll(rows, start, end)
    const accepted = first?.row ?? end
    for (let row = accepted; row < end; row++) refused.push(before + row)
    if (accepted > start) firstRunId ??= runIdOf(rows[start], context.runId)
    rowCount += accepted - start
    return first
  }
  return {
    add: addOne,
    addUntilRefused(rows, start, end) {
      if (only === undefined) return untilRefused(rows, start, end, addOne)
      const target = targets.get(only)
      return target
        ? takeSome(rows, start, end, target)
        : targetOf(only, generateTableRef(config)).then((opened) => takeSome(rows, start, end, opened))
    },
    async addAll(rows, start, end) {
      if (only === undefined) return oneByOne(rows, start, end, addOne)
      const { encoder, refused } = await targetOf(only, generateTableRef(config))
      const before = encoder.rowCount() - start
      const found = encoder.addAll(rows, start, end)
      for (const { row } of found) refused.push(before + row)
      const wrong = new Set(found.map(({ row }) => row))
      for (let at = start; at < end && firstRunId === undefined; at++) {
        if (!wrong.has(at)) firstRunId = runIdOf(rows[at], context.runId)
      }
      rowCount += end - start - found.length
      return found
    },
    rowCount: () => rowCount,
    firstRunId: () => firstRunId,
    finish: () =>
      [...targets.values()].flatMap(({ handle, encoder, refused }) => {
        const batch = withoutRows(encoder.finish(), refused)
        return batch.rowCount > 0 ? [{ handle, batch, leftOut: encoder.leftOut() }] : []
      }),
  }
}

/** Adds rows one at a time: they may belong to several tables. */
function untilRefused(
  rows: readonly unknown[],
  start: number,
  end: number,
  add: RowIntake['add'],
): RefusedRow | undefined | Promise<RefusedRow | undefined> {
  for (let row = start; row < end; row++) {
    const adding = add(rows[row])
    if (adding instanceof Promise) {
      return adding.then((refusal) => (refusal ? { row, ...refusal } : untilRefused(rows, row + 1, end, add)))
    }
    if (adding) return { row, ...adding }
  }
  return undefined
}

async function oneByOne(rows: readonly unknown[], start: number, end: number, add: RowIntake['add']) {
  const refused: RefusedRow[] = []
  for (let row = start; row < end; row++) {
    const adding = add(rows[row])
    const refusal = adding instanceof Promise ? await adding : adding
    if (refusal) refused.push({ row, ...refusal })
  }
  return refused
}

/** Maximum number of rejected rows whose problems are reported. */
export const MAX_REFUSED = 100
/** Rows to encode before yielding to other work: about ten milliseconds. */
const ROWS_PER_TURN = 8192

/** Adds all rows, or throws WriterValidationError with every problem of up to 100 rows. */
export async function takeAll(intake: RowIntake, rows: Iterable<unknown>): Promise<void> {
  const refused = Array.isArray(rows) ? await takeArray(intake, rows) : await takeEach(intake, rows)
  if (refused.length > 0) throw validationError(refused)
}

async function takeArray(intake: RowIntake, rows: readonly unknown[]): Promise<RefusedRow[]> {
  const refused: RefusedRow[] = []
  for (let start = 0; start < rows.length && refused.length < MAX_REFUSED; start += ROWS_PER_TURN) {
    if (start > 0) await setImmediate()
    refused.push(...(await intake.addAll(rows, start, Math.min(rows.length, start + ROWS_PER_TURN))))
  }
  return refused
}

async function takeEach(intake: RowIntake, rows: Iterable<unknown>): Promise<RefusedRow[]> {
  const refused: RefusedRow[] = []
  let row = 0
  for (const each of rows) {
    const adding = intake.add(each)
    const refusal = adding instanceof Promise ? await adding : adding
    if (refusal) refused.push({ row, ...refusal })
    if (refused.length >= MAX_REFUSED) break
    if (++row % ROWS_PER_TURN === 0) await setImmediate()
  }
  return refused
}

/** Creates the error for rejected rows; `context.problems` lists `{ row, field, expected }`, `context.unknownFields` lists names. */
export function validationError(all: readonly RefusedRow[]): WriterValidationError {
  const refused = all.slice(0, MAX_REFUSED)
  const problems = refused.flatMap(({ row, problems }) => problems.map((problem) => ({ row, ...problem })))
  const unknownFields = [...new Set(refused.flatMap((each) => each.unknownFields))]
  const [first] = refused
  const listed = [
    ...(first?.problems.map(({ field, expected }) => `${field} must be ${expected}`) ?? []),
    ...(unknownFields.length > 0 ? [`unknown fields: ${unknownFields.slice(0, 20).join(', ')}`] : []),
  ]
  const more = all.length > 1 ? ` (and ${all.length - 1} more rows)` : ''
  return new WriterValidationError(`row ${first?.row ?? 0}: ${listed.join('; ')}${more}`, {
    context: { problems, ...(unknownFields.length > 0 && { unknownFields }) },
    suggestions:
      unknownFields.length > 0
        ? [
            "Set enableSchemaEvolution to make them columns, or schemaValidationMode: 'lenient' to keep them in metadata.",
          ]
        : ['Correct the fields named in context.problems and write the rows again.'],
  })
}

async function openTarget(ref: TableRef, context: IntakeContext): Promise<Target> {
  const { config, handles, expectedRows = 0 } = context
  const handle = await handles.open(ref)
  const newEncoder = await openEncoders(handle, context)
  // How the rows will be distributed over several tables is not known.
  return { handle, encoder: newEncoder(isRouted(config) ? 0 : expectedRows), refused: [] }
}

/**
 * Returns a function that creates encoders with the current columns of a table. `isGiven` says whether a row names an extra column. Default: true.
 */
export async function openEncoders(
  handle: TableHandle,
  { config, runId, now }: Pick<IntakeContext, 'config' | 'runId' | 'now'>,
  isGiven: (extraColumn: string) => boolean = () => true,
): Promise<(expectedRows: number) => LogRowEncoder> {
  const { schemaValidationMode: mode, enableSchemaEvolution, redact } = config
  const unknown = enableSchemaEvolution ? 'column' : mode === 'lenient' ? 'metadata' : 'refuse'
  const extraColumns = await handle.extraColumns()
  const options = {
    mode,
    unknown,
    extraColumns: extraColumns.filter(({ name }) => isGiven(name)),
    redaction: redactionOf(redact, { extraColumns, unknown }),
    runId,
    schema: handle.ref.schema,
    now,
  } as const
  return (expectedRows) => logRowEncoder({ ...options, expectedRows })
}

function tableKeyOf({ schema, name }: TableRef): string {
  return `${schema}\0${name}`
}

/** Returns the table of a row, from the values of its run. */
function refOf(row: unknown, { config, now }: IntakeContext): TableRef {
  const fields = (row ?? {}) as Readonly<Record<string, unknown>>
  const { pipeline_id, run_mode } = fields
  const started = readRunStart(fields)
  return generateTableRef(config, {
    runStartedAt: started === undefined ? now : new Date(Number(started / 1000n)),
    ...(typeof pipeline_id === 'string' && { pipelineId: pipeline_id }),
    ...(typeof run_mode === 'string' && { runMode: run_mode as RunMode }),
  })
}

/** Returns the run id of a row. */
export function runIdOf(row: unknown, fallback: string): string {
  const { run_id } = (row ?? {}) as { readonly run_id?: unknown }
  return typeof run_id === 'string' ? run_id : fallback
}

function withoutRows(batch: LogBatch, refused: readonly number[]): LogBatch {
  if (refused.length === 0) return batch
  const left = new Set(refused)
  const kept: number[] = []
  for (let row = 0; row < batch.rowCount; row++) if (!left.has(row)) kept.push(row)
  return takeRows(batch, kept)
}
