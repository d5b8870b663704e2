import {
  assertNewColumns,
  type ColumnDefinition,
  type ColumnType,
  type ColumnVector,
  goesIntoDecimal,
  isAllNull,
  isDecimal,
  isNested,
  LOG_COLUMNS,
  type LogBatch,
  type PlainType,
  type TableOptions,
  unknownColumns,
  WriterSchemaError,
} from '@forge/writer-core'
import { columnsDdl, isPlainType, sqlTypeOf } from '../engine/column-types.ts'
import { quoteIdentifier } from '../engine/identifiers.ts'
import { nestedSql } from '../engine/nested-sql.ts'
import { type StoredColumn, storedColumn } from '../table/table-state.ts'
import type { WriteContext } from './commit-write.ts'
import { narrowing } from './narrowing.ts'

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
  const problems: string[] = []
  const widen: { column: StoredColumn; to: ColumnType }[] = []
  for (const [at, column] of batch.columns.entries()) {
    const target = stored.get(column.name)
    const vector = batch.vectors[at]
    if (!target || !vector || isAllNull(vector.validity, batch.rowCount)) continue
    const problem = fitProblem(column, vector, target)
    if (problem === undefined) continue
    if (problem.widenTo && options.widenColumns) widen.push({ column: target, to: problem.widenTo })
    else problems.push(`${column.name} ${problem.text}`)
  }
  if (problems.length > 0) {
    throw new WriterSchemaError(`values do not fit ${table.ref.schema}.${table.ref.name}: ${problems.join('; ')}`, {
      context: { problems },
      committed: 'no',
      suggestions: ['Set autoOptimizeSchema to widen columns, or migrate the table.'],
    })
  }
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

interface FitProblem {
  readonly text: string
  readonly widenTo?: ColumnType
}

const NUMBERS: readonly ColumnType[] = ['int64', 'int32', 'int16', 'int8', 'double', 'float']
const COMPATIBLE: Readonly<Record<PlainType, readonly ColumnType[]>> = {
  string: ['string', 'json'],
  json: ['json', 'string'],
  int64: NUMBERS,
  int32: NUMBERS,
  int16: NUMBERS,
  int8: NUMBERS,
  double: ['double', 'float'],
  float: ['float', 'double'],
  boolean: ['boolean'],
  timestamp: ['timestamp', 'string'],
  date: ['date', 'string'],
  binary: ['binary'],
}

function accepts(target: ColumnType, given: ColumnType): boolean {
  if (isDecimal(target)) return goesIntoDecimal(given)
  if (isNested(target)) return given === target
  return !isDecimal(given) && COMPATIBLE[isNested(given) ? 'json' : given].includes(target)
}

function fitProblem(column: ColumnDefinition, vector: ColumnVector, target: StoredColumn): FitProblem | undefined {
  if (!accepts(target.type, column.type)) return { text: `is ${target.engineType} in the table, not ${column.type}` }
  if (!isPlainType(target.engineType) && (target.type === 'string' || target.type === 'json'))
    return { text: `is ${target.engineType} in the table` }
  return narrowing(column, vector, target)
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
