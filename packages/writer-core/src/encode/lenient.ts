import { type ColumnType, isDecimal, isNested } from '../column/column-type.ts'

/** Converts the value to the column's type if nothing is lost, otherwise returns undefined. */
export function convertValue(type: ColumnType, value: unknown): unknown {
  // The decimal builder parses digits itself.
  if (isDecimal(type)) return typeof value === 'string' ? value.trim() : undefined
  if (isNested(type)) return undefined
  switch (type) {
    case 'string':
      return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
        ? String(value)
        : undefined
    case 'int64':
    case 'int32':
    case 'int16':
    case 'int8':
      return typeof value === 'string' && /^\s*[+-]?\d{1,19}(\.0*)?\s*$/.test(value) ? wholeNumber(value) : undefined
    case 'double':
    case 'float':
      return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
        ? Number(value)
        : undefined
    case 'boolean':
      return BOOLEANS.get(typeof value === 'string' ? value.trim().toLowerCase() : value)
    case 'json':
      return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
        ? JSON.stringify(value)
        : undefined
    case 'binary':
      return undefined
    case 'timestamp':
    case 'date':
      return typeof value === 'string' ? value.trim() : undefined
  }
}

const BOOLEANS = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
  [1, true],
  [0, false],
])

function wholeNumber(text: string): number | bigint {
  const value = BigInt(text.trim().replace(/\..*$/, '').replace('+', ''))
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}
