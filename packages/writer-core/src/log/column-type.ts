/** A number of up to `precision` digits, `scale` of them after the point: `decimal(20,2)`. A precision of 39 stands for whole numbers of 128 bits. */
export type DecimalType = `decimal(${number},${number})`

/** Values of values, as JSON text: `array<int32>`, `map<string,double>`, `struct<a:int64,b:string>`. */
export type NestedType = `array<${string}>` | `map<${string}>` | `struct<${string}>`

/** Types without parameters. */
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
 * Logical type of a stored column.
 * `timestamp` is an instant in UTC with microseconds; `json` is JSON text; `binary` is bytes, which read as hexadecimal text.
 * `int32`, `int16`, `int8`, `float`, `date`, `binary`, decimals and nested types occur in tables that others made; the log uses the wide types.
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

/** Returns precision and scale of a decimal type; undefined for other types. */
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

/** Digits of the whole numbers of each width. */
const WHOLE_DIGITS: Readonly<Partial<Record<ColumnType, number>>> = { int64: 19, int32: 10, int16: 5, int8: 3 }

/** Returns the decimal that holds every value of a type of exact numbers; undefined for other types. */
export function exactShape(type: ColumnType): DecimalShape | undefined {
  const digits = WHOLE_DIGITS[type]
  return digits === undefined ? decimalShape(type) : { precision: digits, scale: 0 }
}

/** Least and greatest value of the narrow whole numbers, whose vectors are of 32 bits. */
export const WHOLE_RANGES = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
} as const satisfies Partial<Record<ColumnType, readonly [number, number]>>
