import { type ColumnDefinition, type ColumnType, WriterUnsupportedError } from '@forge/writer-core'
import {
  decimalShape,
  decimalType,
  isDecimal,
  isNested,
  type NestedType,
  nestedShape,
  type PlainType,
} from '@forge/writer-core/storage'
import { quoteIdentifier } from './identifiers.ts'
import { nestedTypeOf } from './nested-sql-type.ts'

const SQL_TYPES: Readonly<Record<PlainType, string>> = {
  string: 'VARCHAR',
  json: 'JSON',
  int64: 'BIGINT',
  int32: 'INTEGER',
  int16: 'SMALLINT',
  int8: 'TINYINT',
  double: 'DOUBLE',
  float: 'FLOAT',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  date: 'DATE',
  binary: 'BLOB',
}
const TYPES: ReadonlyMap<string, ColumnType> = new Map(
  (Object.keys(SQL_TYPES) as PlainType[]).map((type) => [SQL_TYPES[type], type]),
)
/** The logical types of unsigned and 128-bit integers. */
const WIDER_TYPES: ReadonlyMap<string, ColumnType> = new Map<string, ColumnType>([
  ['UTINYINT', 'int16'],
  ['USMALLINT', 'int32'],
  ['UINTEGER', 'int64'],
  ['UBIGINT', 'decimal(20,0)'],
  ['HUGEINT', 'decimal(39,0)'],
])

/** Returns the engine's type for a new column. Throws WriterUnsupportedError for decimals that the engine does not support. */
export function sqlTypeOf(type: ColumnType): string {
  if (isNested(type)) return nestedSqlType(type)
  if (!isDecimal(type)) return SQL_TYPES[type]
  const { precision, scale } = decimalShape(type) ?? { precision: 0, scale: 0 }
  if (precision === 39 && scale === 0) return 'HUGEINT'
  if (precision >= 1 && precision <= 38 && scale <= precision) return `DECIMAL(${precision},${scale})`
  throw new WriterUnsupportedError(`the engine has no type ${type}`, { context: { type }, committed: 'no' })
}

/**
 * Returns the logical type in which a column of an engine type is read. Lists, structs and maps are nested types, or JSON text if a part has no
 * counterpart. Other types without a counterpart are read as text.
 */
export function columnTypeOf(sqlType: string): ColumnType {
  const known = exactTypeOf(sqlType) ?? WIDER_TYPES.get(sqlType)
  if (known) return known
  if (/\]$|^(?:STRUCT|MAP)\(/.test(sqlType)) return nestedTypeOf(sqlType, innerTypeOf) ?? 'json'
  return sqlType.startsWith('TIMESTAMP') ? 'timestamp' : 'string'
}

/** Returns the logical type that equals the engine's type, or undefined if no logical type does. */
function exactTypeOf(sqlType: string): ColumnType | undefined {
  const known = TYPES.get(sqlType)
  if (known) return known
  const [, precision, scale] = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(sqlType) ?? []
  return precision === undefined ? undefined : decimalType(Number(precision), Number(scale))
}

/** Returns the logical type of a part of a nested type. Bytes and JSON have no exact form in JSON text. */
function innerTypeOf(sqlType: string): ColumnType | undefined {
  const type = exactTypeOf(sqlType)
  return type === 'binary' || type === 'json' ? undefined : type
}

function nestedSqlType(type: NestedType): string {
  const shape = nestedShape(type)
  switch (shape.kind) {
    case 'array':
      return `${sqlTypeOf(shape.element)}[]`
    case 'map':
      return `MAP(${sqlTypeOf(shape.key)}, ${sqlTypeOf(shape.value)})`
    case 'struct':
      return `STRUCT(${shape.fields.map(({ name, type: inner }) => `${quoteIdentifier(name)} ${sqlTypeOf(inner)}`).join(', ')})`
  }
}

/** Returns true if the engine's type is read and written without a cast. */
export function isPlainType(sqlType: string): boolean {
  const type = columnTypeOf(sqlType)
  return !isNested(type) && sqlTypeOf(type) === sqlType
}

/** Returns the engine's type in which a column is read. Nested values are read as text. */
export function readTypeOf(type: ColumnType): string {
  return isNested(type) ? 'VARCHAR' : sqlTypeOf(type)
}

/** Returns the column list of a `create table` statement. */
export function columnsDdl(columns: readonly ColumnDefinition[]): string {
  return columns
    .map(({ name, type, nullable }) => `${quoteIdentifier(name)} ${sqlTypeOf(type)}${nullable ? '' : ' not null'}`)
    .join(', ')
}
