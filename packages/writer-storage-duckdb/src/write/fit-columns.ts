import {
  type ColumnDefinition,
  type ColumnType,
  LOG_COLUMNS,
  type LogBatch,
  type TableOptions,
  type WriterSchemaError,
} from '@forge/writer-core'
import {
  assertNewColumns,
  assertNoMisfits,
  type ColumnVector,
  isAllNull,
  isDecimal,
  isNested,
  isWithin,
  type Misfit,
  misfitOf,
  unknownColumns,
  type WholeRange,
} from '@forge/writer-core/storage'
import { columnsDdl, isPlainType, sqlTypeOf } from '../engine/column-types.ts'
import { quoteIdentifier } from '../engine/identifiers.ts'
import { nestedSql } from '../engine/nested-sql.ts'
import { type StoredColumn, storedColumn } from '../table/table-state.ts'
import type { WriteContext } from './commit-write.ts'

/** The mapping of a batch's columns to those of the table. */
export interface ColumnFit {
  /** The table column and the SQL value for each column of the batch, in its order. */
  readonly targets: readonly { readonly name: string; readonly select: string }[]
  /** True if the mapping holds for every batch of these columns, whatever its values. */
  readonly isForAll: boolean
}

/**
 * Creates the table if it does not exist, adds and widens columns if the options allow it, and returns how to insert the batch.
 * Throws WriterSchemaError that lists everything that does not fit.
 */
export async function fitColumns(batch: LogBatch, options: TableOptions, context: WriteContext): Promise<ColumnFit> {
  const { table } = context
  if (!table.exists) await createTable(batch, options, context)
  await addColumns(batch, options, context)
  const stored = new Map(table.columns.map((column) => [column.name, column]))
  const problems: Misfit[] = []
  const widen: { column: StoredColumn; to: ColumnType }[] = []
  for (const [at, column] of batch.columns.entries()) {
    const target = stored.get(column.name)
    const vector = batch.vectors[at]
    if (!target || !vector || isAllNull(vector.validity, batch.rowCount)) continue
    const misfit = storedMisfit(target, vector, column.type)
    if (misfit === undefined) continue
    if (misfit.to && options.widenColumns) widen.push({ column: target, to: misfit.to })
    else problems.push(misfit)
  }
  assertNoMisfits(problems)
  for (const { column, to } of widen) await alterType(context, column.name, to)
  const isEmpty = batch.vectors.map(({ validity }) => isAllNull(validity, batch.rowCount))
  const targets = batch.columns.map((column, at) => ({
    name: column.name,
    select: selectFor(column, isEmpty[at] ?? false, context),
  }))
  const isWide = ({ name, type }: ColumnDefinition, at: number) =>
    type !== 'float' && targets[at]?.select === quoteIdentifier(name)
  return { targets, isForAll: batch.columns.every(isWide) }
}

async function createTable(batch: LogBatch, options: TableOptions, context: WriteContext): Promise<void> {
  const { file, table } = context
  const declared = options.columns ?? LOG_COLUMNS
  const names = new Set(declared.map(({ name }) => name))
  const extra = batch.columns.filter(({ name }) => !names.has(name))
  if (extra.length > 0 && !options.evolveSchema) throw unknownBatchColumns(extra, declared)
  const columns = [...declared, ...extra.map((column) => ({ ...column, nullable: true }))]
  assertNewColumns(columns, [])
  await file.writer.run(`create schema if not exists "db".${quoteIdentifier(table.ref.schema)}`)
  await file.writer.run(`create table ${table.sqlName} (${columnsDdl(columns)})`)
  table.columns = columns.map(({ name, type, nullable }) => storedColumn(name, sqlTypeOf(type), nullable))
  table.exists = true
  context.schemaChanged()
}

async function addColumns(batch: LogBatch, options: TableOptions, context: WriteContext): Promise<void> {
  const { file, table } = context
  const names = new Set(table.columns.map(({ name }) => name))
  const extra = batch.columns.filter(({ name }) => !names.has(name))
  if (extra.length === 0) return
  if (!options.evolveSchema) throw unknownBatchColumns(extra, table.columns)
  assertNewColumns(extra, table.columns)
  for (const { name, type } of extra) {
    await file.writer.run(`alter table ${table.sqlName} add column ${quoteIdentifier(name)} ${sqlTypeOf(type)}`)
  }
  table.columns = [...table.columns, ...extra.map(({ name, type }) => storedColumn(name, sqlTypeOf(type), true))]
  context.schemaChanged()
}

function unknownBatchColumns(
  extra: readonly ColumnDefinition[],
  columns: readonly ColumnDefinition[],
): WriterSchemaError {
  return unknownColumns(
    extra.map(({ name }) => name),
    columns,
  )
}

/** Changes the type of a column. */
export async function alterType(
  { file, table, schemaChanged }: WriteContext,
  name: string,
  to: ColumnType,
): Promise<void> {
  await file.writer.run(
    `alter table ${table.sqlName} alter column ${quoteIdentifier(name)} set data type ${sqlTypeOf(to)}`,
  )
  table.columns = table.columns.map((column) =>
    column.name === name ? storedColumn(name, sqlTypeOf(to), column.nullable) : column,
  )
  schemaChanged()
}

/** The ranges of whole numbers of engine types that hold fewer of them than the type in which they are read. */
const ENGINE_RANGES: Readonly<Record<string, WholeRange>> = {
  UTINYINT: [0n, 2n ** 8n - 1n],
  USMALLINT: [0n, 2n ** 16n - 1n],
  UINTEGER: [0n, 2n ** 32n - 1n],
  UBIGINT: [0n, 2n ** 64n - 1n],
  HUGEINT: [-(2n ** 127n), 2n ** 127n - 1n],
}

/** Returns why a stored column does not hold the values: by its logical type, or by an engine type that holds fewer values. */
function storedMisfit(target: StoredColumn, vector: ColumnVector, given: ColumnType): Misfit | undefined {
  const misfit = misfitOf(target, vector, given)
  if (misfit) return misfit
  const { name, type, engineType } = target
  if (!isPlainType(engineType) && (type === 'string' || type === 'json'))
    return { column: name, problem: `is ${engineType} in the table` }
  const range = ENGINE_RANGES[engineType]
  if (!range || isWithin(vector, range, given)) return undefined
  const [least, greatest] = range
  return {
    column: name,
    problem: `has whole numbers beyond ${engineType} (${least} to ${greatest})`,
    to: isDecimal(type) ? undefined : 'int64',
  }
}

function selectFor({ name, type }: ColumnDefinition, isEmpty: boolean, { table }: WriteContext): string {
  const target = table.columns.find((column) => column.name === name)
  if (isEmpty && target && target.engineType !== sqlTypeOf(type)) return `cast(null as ${target.engineType})`
  const quoted = quoteIdentifier(name)
  if (target && isNested(target.type) && type === target.type) return nestedSql(quoted, target.engineType)
  if (!target || target.engineType === sqlTypeOf(type)) return quoted
  // Converts the double through its shortest digits.
  if (type === 'double' && isDecimal(target.type)) return `cast(cast(${quoted} as varchar) as ${target.engineType})`
  // Text columns for times, as in tables of the original, get ISO 8601.
  if (type === 'timestamp' && target.type === 'string')
    return `strftime(${quoted} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')`
  if (type === 'timestamp' && target.engineType !== sqlTypeOf(type)) {
    return `cast((${quoted} at time zone 'UTC') as ${target.engineType})`
  }
  return `cast(${quoted} as ${target.engineType})`
}
