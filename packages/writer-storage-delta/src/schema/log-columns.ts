import type { ColumnDefinition, ColumnType } from '@forge/writer-core'
import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import type { PrimitiveName, StructField, StructType } from './delta-type.ts'

const DELTA_NAMES: Readonly<Record<ColumnType, PrimitiveName>> = {
  string: 'string',
  json: 'string',
  int64: 'long',
  int32: 'integer',
  double: 'double',
  float: 'float',
  boolean: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
}

/** Keys of our own in the metadata of a field: what Delta's types cannot say. */
const JSON_KEY = 'forgeWriter.json'
const REQUIRED_KEY = 'forgeWriter.required'
const UNIT_KEY = 'forgeWriter.unit'

/** Columns are nullable in Delta, so that every engine may write; that ours must have a value is kept beside. */
export function schemaFromColumns(columns: readonly ColumnDefinition[]): StructType {
  return { kind: 'struct', fields: columns.map(fieldFromColumn) }
}

export function fieldFromColumn(column: ColumnDefinition): StructField {
  return {
    name: column.name,
    type: { kind: 'primitive', name: DELTA_NAMES[column.type] },
    nullable: true,
    metadata: {
      ...(column.description === undefined ? {} : { comment: column.description }),
      ...(column.unit === undefined ? {} : { [UNIT_KEY]: column.unit }),
      ...(column.type === 'json' ? { [JSON_KEY]: true } : {}),
      ...(column.nullable ? {} : { [REQUIRED_KEY]: true }),
    },
  }
}

export function columnsFromSchema(schema: StructType): ColumnDefinition[] {
  return schema.fields.map((field) => {
    const { comment, [UNIT_KEY]: unit } = field.metadata
    return {
      name: field.name,
      type: columnType(field),
      nullable: !isRequired(field),
      ...(typeof unit === 'string' ? { unit } : {}),
      ...(typeof comment === 'string' ? { description: comment } : {}),
    }
  })
}

/** Whether a row without a value is refused. */
export function isRequired(field: StructField): boolean {
  return !field.nullable || field.metadata[REQUIRED_KEY] === true
}

/** The log's type for a field; nested values are JSON text, binary is hex, decimals are doubles. */
function columnType({ type, metadata }: StructField): ColumnType {
  if (type.kind === 'decimal') return 'double'
  if (type.kind !== 'primitive') return 'json'
  switch (type.name) {
    case 'string':
      return metadata[JSON_KEY] === true ? 'json' : 'string'
    case 'long':
      return 'int64'
    case 'integer':
    case 'short':
    case 'byte':
      return 'int32'
    case 'timestamp_ntz':
      return 'timestamp'
    case 'binary':
    case 'void':
      return 'string'
    default:
      return type.name
  }
}

/** The expression that gives a column of the table as the log's type. */
export function logValueSql({ name, type }: StructField): string {
  const column = quoteIdentifier(name)
  if (type.kind === 'decimal') return `${column}::double`
  if (type.kind !== 'primitive') return `to_json(${column})::varchar`
  if (type.name === 'short' || type.name === 'byte') return `${column}::integer`
  if (type.name === 'timestamp_ntz') return `${column}::timestamptz`
  if (type.name === 'binary') return `lower(hex(${column}))`
  return type.name === 'void' ? 'null::varchar' : column
}

/** The expression that turns a batch's column into the table's type, or undefined where that could lose what it means. */
export function storedValueSql(column: ColumnDefinition, field: StructField, value: string): string | undefined {
  const { type } = field
  if (type.kind !== 'primitive') return undefined
  const target = type.name
  const stored = DELTA_NAMES[column.type]
  // The cast refuses text that is no JSON, and leaves it as it is.
  if (column.type === 'string' && columnType(field) === 'json') return `${value}::json::varchar`
  if (stored === target) return value
  const isWhole = column.type === 'int64' || column.type === 'int32'
  if (isWhole && (target === 'long' || target === 'integer' || target === 'short' || target === 'byte')) {
    return `${value}::${target === 'long' ? 'bigint' : target === 'integer' ? 'integer' : target === 'short' ? 'smallint' : 'tinyint'}`
  }
  if ((isWhole || column.type === 'float') && target === 'double') return `${value}::double`
  if ((isWhole || column.type === 'double') && target === 'float') return `${value}::float`
  if (column.type === 'timestamp' && target === 'timestamp_ntz') return `(${value} at time zone 'UTC')`
  if (column.type === 'timestamp' && target === 'string') {
    return `strftime(${value} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')`
  }
  return column.type === 'date' && target === 'string' ? `${value}::varchar` : undefined
}
