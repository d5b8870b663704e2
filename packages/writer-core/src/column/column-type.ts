/**
 * A number with up to `precision` digits, `scale` of them after the decimal point: `decimal(20,2)`. A precision of 39 stands for 128-bit integers.
 */
export type DecimalType = `decimal(${number},${number})`

/** A nested type, whose values are stored as JSON text: `array<int32>`, `map<string,double>`, `struct<a:int64,b:string>`. */
export type NestedType = `array<${string}>` | `map<${string}>` | `struct<${string}>`

/** A type without parameters. */
export type PlainType =
  | 'string'
  | 'json'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'double'
  | 'float'
  | 'boolean'
  | 'timestamp'
  | 'date'
  | 'binary'

/**
 * The logical type of a stored column.
 * `timestamp` is an instant in UTC with microseconds; `json` is JSON text; `binary` is bytes, which are read as hexadecimal text.
 * `int32`, `int16`, `int8`, `float`, `date`, `binary`, decimals and nested types occur in tables of other writers; the log uses the wide types.
 */
export type ColumnType = PlainType | DecimalType | NestedType

export interface DecimalShape {
  readonly precision: number
  readonly scale: number
}

const SHAPES = new Map<string, DecimalShape | undefined>()

export function isDecimal(type: ColumnType): type is DecimalType {
  return type.startsWith('decimal(')
}

export function isNested(type: ColumnType): type is NestedType {
  return type.endsWith('>')
}

/** Returns the precision and scale of a decimal type; undefined for other types. */
export function decimalShape(type: ColumnType): DecimalShape | undefined {
  if (!isDecimal(type)) return undefined
  if (!SHAPES.has(type)) SHAPES.set(type, parseShape(type))
  return SHAPES.get(type)
}

function parseShape(type: DecimalType): DecimalShape {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(type) ?? []
  return { precision: Number(precision ?? 38), scale: Number(scale ?? 0) }
}

export function decimalType(precision: number, scale: number): DecimalType {
  return `decimal(${precision},${scale})`
}

/** The number of decimal digits of each integer type. */
const WHOLE_DIGITS: Readonly<Partial<Record<ColumnType, number>>> = { int64: 19, int32: 10, int16: 5, int8: 3 }

/** Returns the decimal shape that holds every value of an exact type; undefined for other types. */
export function exactShape(type: ColumnType): DecimalShape | undefined {
  const digits = WHOLE_DIGITS[type]
  return digits === undefined ? decimalShape(type) : { precision: digits, scale: 0 }
}

/** The minimum and maximum of the narrow integer types, whose vectors have 32 bits. */
export const WHOLE_RANGES = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
} as const satisfies Partial<Record<ColumnType, readonly [number, number]>>

/**
 * A stored value as it is read. Integers beyond 2^53 are bigint; timestamps are ISO 8601 in UTC with microseconds; decimals are text with all their
 * digits; bytes are hexadecimal text.
 */
export type Value = string | number | bigint | boolean | null

/** A row of any table; keys are the stored column names. */
export type Row = Readonly<Record<string, Value>>
