import type { ColumnDefinition, ColumnType } from '@forge/writer-core'
import { quoteIdentifier } from './identifiers.ts'

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'VARCHAR',
  json: 'JSON',
  int64: 'BIGINT',
  int32: 'INTEGER',
  double: 'DOUBLE',
  float: 'FLOAT',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  date: 'DATE',
}

/** The engine's type of new columns. */
export function sqlTypeOf(type: ColumnType): string {
  return SQL_TYPES[type]
}

/** The logical type under which a column of an engine type is read; types without a counterpart are read as text. */
export function columnTypeOf(sqlType: string): ColumnType {
  const known = (Object.keys(SQL_TYPES) as ColumnType[]).find((type) => SQL_TYPES[type] === sqlType)
  if (known) return known
  if (sqlType === 'TINYINT' || sqlType === 'SMALLINT' || sqlType === 'UTINYINT' || sqlType === 'USMALLINT') {
    return 'int32'
  }
  if (sqlType === 'UINTEGER') return 'int64'
  if (sqlType.startsWith('TIMESTAMP')) return 'timestamp'
  return sqlType.startsWith('DECIMAL') ? 'double' : 'string'
}

/** Whether the engine's type is read and written as it is, without a cast. */
export function isPlainType(sqlType: string): boolean {
  return SQL_TYPES[columnTypeOf(sqlType)] === sqlType
}

/** Column list of a `create table`. */
export function columnsDdl(columns: readonly ColumnDefinition[]): string {
  return columns
    .map(({ name, type, nullable }) => `${quoteIdentifier(name)} ${sqlTypeOf(type)}${nullable ? '' : ' not null'}`)
    .join(', ')
}
