import type { ColumnDefinition, LogBatch, TableOptions } from '@forge/writer-core'
import { assertNewColumns, emptyBatch, fitBatch } from '@forge/writer-core/storage'
import type { Session } from '../connect/session.ts'
import { fieldMetadata, sqlTypeOf } from '../plan/column-types.ts'
import { alias, attribute, cast, nullOf, type PlanExpression } from '../plan/expressions.ts'
import { type PlanRelation, project, union } from '../plan/relations.ts'
import type { TableState } from '../table/table-state.ts'
import { type EncodedRows, encodeRows, givenValue, rowRelations } from './rows-relation.ts'

/** Batches in the columns of their table. */
export interface FittedRows {
  /** The columns of the table after the write. */
  readonly columns: readonly ColumnDefinition[]
  readonly rowCount: number
  /** True if the table gets new columns. */
  readonly adds: boolean
  /** True if columns get another type, so that the whole table is written again. */
  readonly widens: boolean
  readonly parts: readonly FittedPart[]
}

/** The rows of one batch. */
interface FittedPart {
  /** The columns that the rows have. */
  readonly columns: readonly ColumnDefinition[]
  readonly rows: EncodedRows
}

/** The error that a source of batches threw. */
export class SourceError extends Error {
  override name = 'SourceError'
}

/** Fits batches into a table, and encodes each before the next one is asked for. Throws WriterSchemaError that lists everything that does not fit. */
export function fitRows(batches: Iterable<LogBatch>, state: TableState, options: TableOptions): FittedRows {
  if (!state.exists) assertNewColumns(state.columns, [])
  let columns = state.columns
  let rowCount = 0
  const parts: FittedPart[] = []
  for (const given of sourceOf(batches)) {
    const fitted = fitBatch(given, columns, options)
    columns = fitted.columns
    rowCount += given.rowCount
    parts.push(encodePart(fitted.batch, new Set(given.columns.map(({ name }) => name))))
  }
  if (parts.length === 0) parts.push(encodePart(fitBatch(emptyBatch([]), columns, options).batch, new Set()))
  return {
    columns,
    rowCount,
    adds: state.exists && columns.length > state.columns.length,
    widens: state.exists && state.columns.some(({ type }, at) => columns[at]?.type !== type),
    parts,
  }
}

/** Encodes the columns of a batch that were given. The server fills the others with nulls. */
function encodePart(batch: LogBatch, names: ReadonlySet<string>): FittedPart {
  const kept = batch.columns.flatMap(({ name }, at) => (names.has(name) ? [at] : []))
  // Rows without columns would be none.
  const sent = kept.length > 0 ? kept : [0]
  const columns = sent.flatMap((at) => batch.columns[at] ?? [])
  const vectors = sent.flatMap((at) => batch.vectors[at] ?? [])
  return { columns, rows: encodeRows({ rowCount: batch.rowCount, columns, vectors }) }
}

function* sourceOf(batches: Iterable<LogBatch>): Generator<LogBatch> {
  const iterator = batches[Symbol.iterator]()
  let isOver = false
  try {
    for (;;) {
      let next: IteratorResult<LogBatch>
      try {
        next = iterator.next()
      } catch (cause) {
        isOver = true
        throw new SourceError('the source of the batches failed', { cause })
      }
      if (next.done) {
        isOver = true
        return
      }
      yield next.value
    }
  } finally {
    if (!isOver) iterator.return?.()
  }
}

/** Returns the rows under the names and in the types of the table. */
export async function fittedRelation(
  session: Session,
  { columns, parts }: FittedRows,
  state: TableState,
): Promise<PlanRelation> {
  const relationOf = await rowRelations(
    session,
    parts.map(({ rows }) => rows),
  )
  return union(parts.map((part) => project(relationOf(part.rows), tableValues(part.columns, columns, state))))
}

/** The start of names that columns of a table do not have. */
export const SOURCE_PREFIX = '_forge_source_'

/** Returns the rows under names that the table does not have, for a merge. */
export async function sourceRelation(session: Session, fitted: FittedRows, state: TableState): Promise<PlanRelation> {
  const rows = await fittedRelation(session, fitted, state)
  const renamed = fitted.columns.map(({ name }) => alias(attribute(name), `${SOURCE_PREFIX}${name}`))
  return project(rows, renamed)
}

function tableValues(
  given: readonly ColumnDefinition[],
  columns: readonly ColumnDefinition[],
  state: TableState,
): PlanExpression[] {
  return columns.map((column) => {
    const at = given.findIndex(({ name }) => name === column.name)
    const found = given[at]
    const sqlType = storedType(column, state)
    if (!found) return nameValue(column, nullOf(sqlType))
    const isSame = found.type === column.type
    const value = givenValue(found, at, isSame ? sqlType : undefined)
    return nameValue(column, isSame ? value : cast(value, sqlType))
  })
}

function storedType(column: ColumnDefinition, { stored }: TableState): string {
  const found = stored.find((each) => each.column.name === column.name && each.column.type === column.type)
  return found?.sqlType ?? sqlTypeOf(column.type)
}

function nameValue(column: ColumnDefinition, value: PlanExpression): PlanExpression {
  return alias(value, column.name, fieldMetadata(column))
}

/** Returns the stored rows in the types of the columns. */
export function convertedRows(
  { rows, stored, columns: before }: TableState,
  columns: readonly ColumnDefinition[],
): PlanRelation {
  const values = columns.map((column): PlanExpression => {
    const old = before.findIndex(({ name }) => name === column.name)
    if (old < 0) return nameValue(column, nullOf(sqlTypeOf(column.type)))
    const value = attribute(column.name)
    const sqlType = stored[old]?.sqlType
    const isSame = before[old]?.type === column.type || sqlType === undefined
    return nameValue(column, isSame ? value : cast(value, sqlTypeOf(column.type)))
  })
  return project(rows, values)
}
