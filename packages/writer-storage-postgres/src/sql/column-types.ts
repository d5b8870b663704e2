import { type ColumnDefinition, type ColumnType, LOG_COLUMNS, WriterUnsupportedError } from '@forge/writer-core'
import { decimalShape, decimalType, isDecimal, isNested, type PlainType } from '@forge/writer-core/storage'
import { quoteIdentifier } from './identifiers.ts'

const SQL_TYPES: Readonly<Record<PlainType, string>> = {
  string: 'text',
  json: 'json',
  int64: 'bigint',
  int32: 'integer',
  int16: 'smallint',
  int8: 'smallint',
  double: 'double precision',
  float: 'real',
  boolean: 'boolean',
  timestamp: 'timestamp with time zone',
  date: 'date',
  binary: 'bytea',
}

const TYPES: ReadonlyMap<string, ColumnType> = new Map(
  (Object.keys(SQL_TYPES) as PlainType[])
    .filter((type) => type !== 'int8')
    .map((type) => [SQL_TYPES[type], type] as const),
)

/** The start of the comment on a column whose logical type the server does not have. */
const MARK = 'forge-writer type: '

/** Returns the server's type of a column. Throws WriterUnsupportedError for invalid decimals. */
export function sqlTypeOf(type: ColumnType): string {
  if (isNested(type)) return 'json'
  if (!isDecimal(type)) return SQL_TYPES[type]
  const { precision, scale } = decimalShape(type) ?? { precision: 0, scale: 0 }
  if (precision >= 1 && precision <= 1000 && scale <= precision) return `numeric(${precision},${scale})`
  throw new WriterUnsupportedError(`the server has no type ${type}`, { context: { type } })
}

/** Returns the logical type of a stored column; undefined if batches cannot hold its values, which are then read as text. */
export function columnTypeOf(sqlType: string, comment: string | null): ColumnType | undefined {
  // This package wrote the comment, so the comment holds the name of a type.
  if (comment?.startsWith(MARK)) return comment.slice(MARK.length) as ColumnType
  const [, precision, scale] = /^numeric\((\d+),(\d+)\)$/.exec(sqlType) ?? []
  if (precision !== undefined) return decimalType(Number(precision), Number(scale))
  return TYPES.get(sqlType)
}

/** Returns the comment that keeps the logical type of a column; undefined if the server's type determines it. */
export function typeComment(type: ColumnType): string | undefined {
  return type === 'int8' || isNested(type) ? `${MARK}${type}` : undefined
}

/** Returns the definition of a column for `create table` and `alter table`. Text is ordered by code point. */
export function columnDdl({ name, type, nullable }: ColumnDefinition): string {
  const collation = type === 'string' ? ' collate "C"' : ''
  return `${quoteIdentifier(name)} ${sqlTypeOf(type)}${collation}${nullable ? '' : ' not null'}`
}

const KNOWN: ReadonlyMap<string, ColumnDefinition> = new Map(LOG_COLUMNS.map((column) => [column.name, column]))

/** Returns a stored column. Its unit and description come from the log's own column of the same name and type. */
export function storedColumn(name: string, type: ColumnType, nullable: boolean): ColumnDefinition {
  const known = KNOWN.get(name)
  return known?.type === type ? { ...known, nullable } : { name, type, nullable }
}
