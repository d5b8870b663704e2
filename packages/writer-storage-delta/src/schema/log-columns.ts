import { type ColumnDefinition, type ColumnType, WriterUnsupportedError } from '@forge/writer-core'
import { acceptsType, decimalShape, decimalType, isDecimal, isNested, type PlainType } from '@forge/writer-core/storage'
import { jsonTextSql, nestedSql, quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import {
  type DecimalType,
  type DeltaType,
  isVoid,
  type PrimitiveName,
  type StructField,
  type StructType,
} from './delta-type.ts'
import { engineType } from './engine-type.ts'
import { deltaNested, nestedColumnType } from './nested-columns.ts'

const DELTA_NAMES: Readonly<Record<PlainType, PrimitiveName>> = {
  string: 'string',
  json: 'string',
  int64: 'long',
  int32: 'integer',
  int16: 'short',
  int8: 'byte',
  double: 'double',
  float: 'float',
  boolean: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
  binary: 'binary',
}

/** Throws WriterUnsupportedError for decimals that Delta does not support. */
function deltaType(type: ColumnType): DeltaType {
  if (isNested(type)) return deltaNested(type)
  if (!isDecimal(type)) return { kind: 'primitive', name: DELTA_NAMES[type] }
  const { precision, scale } = decimalShape(type) ?? { precision: 0, scale: 0 }
  if (precision >= 1 && precision <= 38 && scale <= precision) return { kind: 'decimal', precision, scale }
  throw new WriterUnsupportedError(`a Delta table cannot have columns of type ${type}`, {
    context: { feature: type },
    committed: 'no',
  })
}

/** The keys of this project in the metadata of a field, for what Delta's types cannot express. */
const JSON_KEY = 'forgeWriter.json'
const REQUIRED_KEY = 'forgeWriter.required'
const UNIT_KEY = 'forgeWriter.unit'

/**
 * Returns the field of a column. Columns are nullable in Delta, so that every engine may write; the metadata of the field says if this project
 * requires a value.
 */
export function schemaFromColumns(columns: readonly ColumnDefinition[]): StructType {
  return { kind: 'struct', fields: columns.map(fieldFromColumn) }
}

export function fieldFromColumn(column: ColumnDefinition): StructField {
  return {
    name: column.name,
    type: deltaType(column.type),
    nullable: true,
    metadata: {
      ...(column.description === undefined ? {} : { comment: column.description }),
      ...(column.unit === undefined ? {} : { [UNIT_KEY]: column.unit }),
      ...(column.type === 'json' ? { [JSON_KEY]: true } : {}),
      ...(column.nullable ? {} : { [REQUIRED_KEY]: true }),
    },
  }
}

/** Returns the field with its column widened to a type. All other metadata stays. */
export function widenedField(field: StructField, to: ColumnType): StructField {
  const { [JSON_KEY]: _json, ...metadata } = field.metadata
  return { ...field, type: deltaType(to), metadata: to === 'json' ? field.metadata : metadata }
}

export function columnsFromSchema(schema: StructType): ColumnDefinition[] {
  return schema.fields.map((field) => {
    const { comment, [UNIT_KEY]: unit = field.type.declared?.unit } = field.metadata
    return {
      name: field.name,
      type: columnType(field),
      nullable: !isRequired(field),
      ...(typeof unit === 'string' ? { unit } : {}),
      ...(typeof comment === 'string' ? { description: comment } : {}),
    }
  })
}

/** Returns true if every row must have a value. */
export function isRequired(field: StructField): boolean {
  return !field.nullable || field.metadata[REQUIRED_KEY] === true
}

/** Returns the log's type of a field. Nested values with content that batches cannot hold are JSON text. */
function columnType({ type, metadata }: StructField): ColumnType {
  if (type.kind === 'decimal') return decimalType(type.precision, type.scale)
  if (type.kind !== 'primitive') return nestedColumnType(type) ?? 'json'
  switch (type.name) {
    case 'string':
      return metadata[JSON_KEY] === true ? 'json' : 'string'
    case 'long':
      return 'int64'
    case 'integer':
      return 'int32'
    case 'short':
      return 'int16'
    case 'byte':
      return 'int8'
    case 'timestamp_ntz':
      return 'timestamp'
    case 'void':
      return 'string'
    default:
      return type.name
  }
}

/** Returns the expression that converts a column of the table to the log's type. */
export function logValueSql({ name, type }: StructField): string {
  const column = quoteIdentifier(name)
  if (type.kind === 'decimal') return column
  if (type.kind !== 'primitive') {
    const nested = nestedColumnType(type)
    return nested === undefined ? `to_json(${column})::varchar` : jsonTextSql(column, nested)
  }
  if (type.name === 'timestamp_ntz') return `${column}::timestamptz`
  return type.name === 'void' ? 'null::varchar' : column
}

/** Returns the expression that converts a batch's column to the table's type, or undefined if the table cannot take values of that type. */
export function storedValueSql(column: ColumnDefinition, field: StructField, value: string): string | undefined {
  const { type } = field
  const stored = columnType(field)
  if (!acceptsType(stored, column.type)) return undefined
  if (type.kind === 'decimal') return decimalSql(column.type, type, value)
  // Nested values that batches cannot hold are read as JSON, but not written.
  if (type.kind !== 'primitive') return isNested(stored) ? nestedSql(value, engineType(type)) : undefined
  if (isVoid(type)) return undefined
  // The cast refuses text that is not valid JSON, and leaves valid text unchanged.
  if (column.type === 'string' && stored === 'json') return `${value}::json::varchar`
  if (column.type === 'timestamp' && type.name === 'timestamp_ntz') return `(${value} at time zone 'UTC')`
  if (column.type === 'timestamp' && type.name === 'string')
    return `strftime(${value} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')`
  const isSame = stored === column.type || column.type === 'json' || isNested(column.type)
  return isSame ? value : `${value}::${engineType(type)}`
}

/** Returns the expression for a decimal, which holds the number: core's `misfits` checks that. Doubles are converted by their shortest digits. */
function decimalSql(given: ColumnType, type: DecimalType, value: string): string {
  if (given === 'double') return `${value}::varchar::${engineType(type)}`
  return given === decimalType(type.precision, type.scale) ? value : `${value}::${engineType(type)}`
}
