import { type ColumnDefinition, type ColumnType, LOG_COLUMNS, WriterUnsupportedError } from '@forge/writer-core'
import {
  decimalShape,
  decimalType,
  isDecimal,
  isNested,
  nestedShape,
  nestedType,
  type PlainType,
} from '@forge/writer-core/storage'
import type { DataType, DataType_StructField } from '../gen/messages.ts'
import { quoteName } from './expressions.ts'

const SQL_TYPES: Readonly<Record<PlainType, string>> = {
  string: 'string',
  json: 'string',
  int64: 'bigint',
  int32: 'int',
  int16: 'smallint',
  int8: 'tinyint',
  double: 'double',
  float: 'float',
  boolean: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
  binary: 'binary',
}

/** Returns the type of a column in SQL. Throws WriterUnsupportedError for decimals that Spark does not have. */
export function sqlTypeOf(type: ColumnType): string {
  if (isNested(type)) return nestedSql(type)
  if (!isDecimal(type)) return SQL_TYPES[type]
  const { precision, scale } = decimalShape(type) ?? { precision: 0, scale: 0 }
  if (precision >= 1 && precision <= 38 && scale <= precision) return `decimal(${precision},${scale})`
  throw new WriterUnsupportedError(`a table of Spark cannot have columns of type ${type}`, {
    context: { feature: type },
    committed: 'no',
  })
}

function nestedSql(type: Parameters<typeof nestedShape>[0]): string {
  const shape = nestedShape(type)
  switch (shape.kind) {
    case 'array':
      return `array<${sqlTypeOf(shape.element)}>`
    case 'map':
      return `map<${sqlTypeOf(shape.key)}, ${sqlTypeOf(shape.value)}>`
    case 'struct':
      return `struct<${shape.fields.map(({ name, type: field }) => `${quoteName(name)}: ${sqlTypeOf(field)}`).join(', ')}>`
  }
}

/** The keys of this project in the metadata of a field, for what Spark's types cannot express. Delta tables of this project have the same ones. */
const JSON_KEY = 'forgeWriter.json'
const REQUIRED_KEY = 'forgeWriter.required'
const UNIT_KEY = 'forgeWriter.unit'

/** Returns what the field of a column remembers in addition to its type. Every field is nullable, so that every engine may write. */
export function fieldMetadata({
  type,
  nullable,
  unit,
  description,
}: ColumnDefinition): Readonly<Record<string, unknown>> {
  return {
    ...(description === undefined ? {} : { comment: description }),
    ...(unit === undefined ? {} : { [UNIT_KEY]: unit }),
    ...(type === 'json' ? { [JSON_KEY]: true } : {}),
    ...(nullable ? {} : { [REQUIRED_KEY]: true }),
  }
}

/** A stored column, with the way in which its values are read. */
export interface StoredColumn {
  readonly column: ColumnDefinition
  /** `plain` as they are; `json` as JSON text; `text` by a conversion to text; `time` by a conversion to an instant in UTC. */
  readonly reads: 'plain' | 'json' | 'text' | 'time'
  /** The type in SQL; undefined if batches cannot hold its values, and nothing can be written to it. */
  readonly sqlType: string | undefined
}

const KNOWN: ReadonlyMap<string, ColumnDefinition> = new Map(LOG_COLUMNS.map((column) => [column.name, column]))

/** Returns the stored column of a field. Its unit and description come from the field, otherwise from the log's own column of that name and type. */
export function storedColumn({ name, dataType, nullable, metadata }: DataType_StructField): StoredColumn {
  const kept = parseMetadata(metadata)
  const known = dataType === undefined ? undefined : columnTypeOf(dataType)
  const type = known === 'string' && kept[JSON_KEY] === true ? 'json' : (known ?? 'string')
  const { comment, [UNIT_KEY]: unit } = kept
  const log = KNOWN.get(name)
  const column = {
    ...(log?.type === type ? log : { name, type }),
    name,
    nullable: nullable && kept[REQUIRED_KEY] !== true,
    ...(typeof unit === 'string' ? { unit } : {}),
    ...(typeof comment === 'string' ? { description: comment } : {}),
  }
  const isZoneless = dataType?.kind.case === 'timestampNtz'
  const reads = known === undefined ? 'text' : isNested(known) ? 'json' : isZoneless ? 'time' : 'plain'
  return { column, reads, sqlType: known === undefined ? undefined : isZoneless ? 'timestamp_ntz' : sqlTypeOf(known) }
}

function parseMetadata(metadata: string | undefined): Readonly<Record<string, unknown>> {
  if (metadata === undefined || metadata === '') return {}
  try {
    const parsed: unknown = JSON.parse(metadata)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

const PLAIN_KINDS: Readonly<Record<string, PlainType>> = {
  string: 'string',
  char: 'string',
  varChar: 'string',
  long: 'int64',
  integer: 'int32',
  short: 'int16',
  byte: 'int8',
  double: 'double',
  float: 'float',
  boolean: 'boolean',
  timestamp: 'timestamp',
  timestampNtz: 'timestamp',
  date: 'date',
  binary: 'binary',
}

/** Returns the logical type; undefined for one that batches cannot hold. */
function columnTypeOf({ kind }: DataType): ColumnType | undefined {
  switch (kind.case) {
    case 'decimal':
      return decimalType(kind.value.precision ?? 10, kind.value.scale ?? 0)
    case 'array': {
      const element = innerType(kind.value.elementType)
      return element && nestedType({ kind: 'array', element })
    }
    case 'map': {
      const [key, value] = [innerType(kind.value.keyType), innerType(kind.value.valueType)]
      return key && value && nestedType({ kind: 'map', key, value })
    }
    case 'struct': {
      const fields = kind.value.fields.flatMap(({ name, dataType }) => {
        const type = innerType(dataType)
        return type ? [{ name, type }] : []
      })
      return fields.length === kind.value.fields.length ? nestedType({ kind: 'struct', fields }) : undefined
    }
    default:
      return kind.case === undefined ? undefined : PLAIN_KINDS[kind.case]
  }
}

function innerType(type: DataType | undefined): ColumnType | undefined {
  return type && columnTypeOf(type)
}
