import { isoFromDays, isoFromMicros, microsFromDate, parseDays, parseMicros } from '../time/instant.ts'
import { type ColumnType, decimalShape, exactShape, isNested, type NestedType } from './column-type.ts'
import { type Decimal, decimalOf, decimalText, parseDecimal, unscaledOf } from './decimal.ts'
import { type NestedShape, nestedShape } from './nested-type.ts'

/**
 * Returns the JSON text of a nested value: integers with all their digits; decimals, times and non-finite numbers as text; the fields of a
 * struct in the order of its type. `value` is an object, an array or JSON text. Returns undefined if the type does not hold it exactly.
 */
export function nestedJson(type: NestedType, value: unknown): string | undefined {
  if (typeof value !== 'string') return encodeNested(type, value)
  const parsed = parseExactly(value)
  return parsed === undefined || parsed === null ? undefined : encodeNested(type, parsed)
}

function encode(type: ColumnType, value: unknown): string | undefined {
  if (value === null || value === undefined) return 'null'
  return isNested(type) ? encodeNested(type, value) : encodeLeaf(type, value)
}

function encodeNested(type: NestedType, value: unknown): string | undefined {
  const shape = nestedShape(type)
  if (shape.kind === 'array') return Array.isArray(value) ? encodeList(shape.element, value) : undefined
  const entries = entriesOf(value)
  if (entries === undefined) return undefined
  return shape.kind === 'map' ? encodeMap(shape, entries) : encodeStruct(shape, entries)
}

function entriesOf(value: unknown): Map<unknown, unknown> | undefined {
  if (value instanceof Map) return value
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) return undefined
  return new Map(Object.entries(value))
}

function encodeList(element: ColumnType, values: readonly unknown[]): string | undefined {
  return joinParts(
    '[',
    Array.from(values, (item) => encode(element, item)),
    ']',
  )
}

function encodeMap({ key, value }: Extract<NestedShape, { kind: 'map' }>, entries: Map<unknown, unknown>) {
  const parts = [...entries].map(([name, item]) => {
    const leaf = encodeLeaf(key, key === 'string' ? name : typeof name === 'string' ? numberToken(name) : name)
    const encoded = encode(value, item)
    if (leaf === undefined || encoded === undefined) return undefined
    return `${leaf.startsWith('"') ? leaf : `"${leaf}"`}:${encoded}`
  })
  return joinParts('{', parts, '}')
}

function encodeStruct({ fields }: Extract<NestedShape, { kind: 'struct' }>, entries: Map<unknown, unknown>) {
  const names = new Set<unknown>(fields.map(({ name }) => name))
  if ([...entries.keys()].some((name) => !names.has(name))) return undefined
  const parts = fields.map(({ name, type }) => {
    const encoded = encode(type, entries.get(name))
    return encoded === undefined ? undefined : `${JSON.stringify(name)}:${encoded}`
  })
  return joinParts('{', parts, '}')
}

function joinParts(open: string, parts: readonly (string | undefined)[], close: string): string | undefined {
  return parts.includes(undefined) ? undefined : `${open}${parts.join(',')}${close}`
}

function encodeLeaf(type: ColumnType, value: unknown): string | undefined {
  const shape = exactShape(type)
  if (shape) {
    const number = numberOf(value)
    const unscaled = number && unscaledOf(number, shape)
    if (unscaled === undefined) return undefined
    if (decimalShape(type)) return JSON.stringify(decimalText({ unscaled, scale: shape.scale }))
    return BigInt.asIntN(WHOLE_BITS[type] ?? 64, unscaled) === unscaled ? String(unscaled) : undefined
  }
  switch (type) {
    case 'string':
      return typeof value === 'string' && !isToken(value) && value.isWellFormed() ? JSON.stringify(value) : undefined
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined
    case 'double':
    case 'float':
      return doubleText(type, value)
    case 'timestamp': {
      const micros =
        value instanceof Date ? microsOf(value) : typeof value === 'string' ? parseMicros(value) : undefined
      return micros === undefined ? undefined : JSON.stringify(isoFromMicros(micros))
    }
    case 'date': {
      const days = typeof value === 'string' ? parseDays(value) : undefined
      return days === undefined ? undefined : JSON.stringify(isoFromDays(days))
    }
    default:
      return undefined
  }
}

const WHOLE_BITS: Readonly<Partial<Record<ColumnType, number>>> = { int32: 32, int16: 16, int8: 8 }

function microsOf(date: Date): bigint | undefined {
  return Number.isNaN(date.getTime()) ? undefined : microsFromDate(date)
}

const NOT_FINITE: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity'])

function doubleText(type: 'double' | 'float', value: unknown): string | undefined {
  const isNumber = typeof value === 'number' || typeof value === 'bigint' || isToken(value) || NOT_FINITE.has(value)
  if (!isNumber) return undefined
  const number = Number(isToken(value) ? String(value).slice(1) : value)
  const stored = type === 'float' ? Math.fround(number) : number
  if (Number.isFinite(number) && !Number.isFinite(stored)) return undefined
  return Number.isFinite(stored) ? String(stored) : JSON.stringify(String(stored))
}

/** Marks a number that was kept as text; no text of ours begins with this character. */
const TOKEN = '\u0001'

function isToken(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith(TOKEN) && parseDecimal(value.slice(1)) !== undefined
}

function numberToken(text: string): string {
  return `${TOKEN}${text}`
}

function numberOf(value: unknown): Decimal | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return decimalOf(value)
  return typeof value === 'string' ? parseDecimal(isToken(value) ? value.slice(1) : value) : undefined
}

/** Parses JSON with its numbers as tokens, since doubles would lose digits; returns undefined for invalid JSON. */
function parseExactly(text: string): unknown {
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify(numberToken(token)),
  )
  try {
    JSON.parse(text)
    return JSON.parse(quoted)
  } catch {
    return undefined
  }
}
