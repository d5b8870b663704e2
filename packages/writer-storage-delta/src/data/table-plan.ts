import { randomUUID } from 'node:crypto'
import { type ColumnDefinition, type ColumnType, type LogBatch, WriterSchemaError } from '@forge/writer-core'
import { assertNewColumns, assertNoMisfits, isAllNull, misfits, widenedFor } from '@forge/writer-core/storage'
import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import type { Action, Metadata, Protocol } from '../actions/actions.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { assertNewPartitions } from '../protocol/new-partitions.ts'
import { assertNewTableProperties } from '../protocol/new-table-properties.ts'
import type { DeltaType, StructType } from '../schema/delta-type.ts'
import { engineType } from '../schema/engine-type.ts'
import { columnsFromSchema, fieldFromColumn, schemaFromColumns, storedValueSql } from '../schema/log-columns.ts'
import { formatSchema, parseSchema, typeJson } from '../schema/schema-json.ts'

export interface PlanOptions {
  /** The columns of a new table. */
  readonly columns: readonly ColumnDefinition[]
  readonly partitionColumns: readonly string[]
  /** The properties of a new table. */
  readonly properties: Readonly<Record<string, string>>
  /** True if unknown columns of a batch are added to the table. */
  readonly evolveSchema: boolean
  /** True if columns of a new table are widened when they are too narrow for the batch. */
  readonly widenColumns: boolean
  readonly now: Date
}

/** The plan by which the rows of a batch become rows of the table. */
export interface TablePlan {
  readonly metadata: Metadata
  readonly schema: StructType
  /** Protocol and metadata, if the table is created or changed. */
  readonly header: readonly Action[]
  /** The expressions, one for each column of the table. */
  readonly expressions: readonly ColumnExpression[]
}

/** The source of a column's values. */
export interface ColumnExpression {
  readonly name: string
  /** The SQL over the batch's columns. */
  readonly sql: string
  /** The column of the batch if it is taken unchanged; `none` if there are no values, `cast` if they are converted. */
  readonly source: number | 'none' | 'cast'
}

const NEW_PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 }

/** Plans a write. Throws WriterSchemaError if the batch has columns that the table lacks, or whose types do not fit. */
export function planBatch(
  snapshot: Pick<Snapshot, 'metadata'> | undefined,
  batch: LogBatch,
  options: PlanOptions,
): TablePlan {
  const { metadata: before, header: created } = snapshot
    ? { metadata: snapshot.metadata, header: [] }
    : newTable(options.widenColumns ? { ...options, columns: widenedFor(options.columns, batch) } : options)
  const { metadata, changed } = withNewColumns(before, batch.columns, options)
  const schema = parseSchema(metadata)
  if (snapshot === undefined) assertNewPartitions(options.partitionColumns, schema)
  assertNoMisfits(misfits(columnsFromSchema(schema), batch))
  const header = changed ? [...created.filter((action) => !action.metaData), { metaData: metadata }] : created
  return { metadata, schema, header, expressions: expressionsOf(schema, batch) }
}

/**
 * Returns the first actions of a table that every engine reads and writes. Throws WriterConfigurationError for properties that such a table cannot
 * have, WriterSchemaError for names that differ only in letter case.
 */
function newTable({ columns, partitionColumns, properties, now }: PlanOptions) {
  assertNewTableProperties(properties)
  assertNewColumns(columns, [])
  const metadata: Metadata = {
    id: randomUUID(),
    format: { provider: 'parquet', options: {} },
    schemaString: formatSchema(schemaFromColumns(columns)),
    partitionColumns,
    configuration: properties,
    createdTime: now.getTime(),
  }
  const header: Action[] = [{ protocol: NEW_PROTOCOL }, { metaData: metadata }]
  return { metadata, header }
}

/** Returns the metadata with those columns added at the end. Throws WriterSchemaError if a name exists in another letter case. */
export function addColumns(metadata: Metadata, columns: readonly ColumnDefinition[]): Metadata {
  const schema = parseSchema(metadata)
  assertNewColumns(columns, columnsFromSchema(schema))
  const added = columns.map((column) => fieldFromColumn({ ...column, nullable: true }))
  return { ...metadata, schemaString: formatSchema({ kind: 'struct', fields: [...schema.fields, ...added] }) }
}

function withNewColumns(metadata: Metadata, columns: readonly ColumnDefinition[], { evolveSchema }: PlanOptions) {
  const names = new Set(parseSchema(metadata).fields.map((field) => field.name))
  const unknown = columns.filter((column) => !names.has(column.name))
  if (unknown.length === 0) return { metadata, changed: false }
  if (evolveSchema) return { metadata: addColumns(metadata, unknown), changed: true }
  throw new WriterSchemaError(`the table lacks columns of the batch: ${unknown.map(({ name }) => name).join(', ')}`, {
    context: { missing: unknown.map(({ name }) => name), columns: [...names] },
    suggestions: ['Enable schema evolution, or add the columns first.'],
    committed: 'no',
  })
}

function expressionsOf(schema: StructType, { columns, vectors, rowCount }: LogBatch): ColumnExpression[] {
  const given = new Map(columns.map((column, at) => [column.name, { column, at }]))
  return schema.fields.map((field) => {
    const { name, type } = field
    const found = given.get(name)
    if (found === undefined) return { name, sql: `null::${engineType(type)}`, source: 'none' }
    const { column, at } = found
    const sql = storedValueSql(column, field, quoteIdentifier(name))
    if (sql !== undefined) return { name, sql, source: sql === quoteIdentifier(name) ? at : 'cast' }
    if (isAllNull(vectors[at]?.validity ?? null, rowCount))
      return { name, sql: `null::${engineType(type)}`, source: 'none' }
    throw otherType(name, type, column.type)
  })
}

/** Returns the error for values whose type does not fit the table's column. */
export function otherType(column: string, type: DeltaType, given: ColumnType): WriterSchemaError {
  const json = typeJson(type)
  const table = typeof json === 'string' ? json : type.kind
  return new WriterSchemaError(`column ${column} has type ${table} in the table, but ${given} in the batch`, {
    context: { column, table: json, batch: given },
    suggestions: ['Leave the column out of these rows, or give it values of its own type.'],
    committed: 'no',
  })
}
