import type { ColumnType } from '@forge/writer-core'
import { convertValue } from '@forge/writer-core/storage'

const BOOLEANS = new Map([
  ...['t', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...['f', 'no', 'n', 'off'].map((word) => [word, false] as const),
])

/** Parses text as a value of this type; returns undefined if it is not valid. Unknown columns are text. */
export function fromText(type: ColumnType | undefined, text: string): unknown {
  if (type === undefined || type === 'string' || type === 'json') return text
  const value = convertValue(type, text)
  if (value !== undefined) return value
  if (type === 'boolean') return BOOLEANS.get(text.trim().toLowerCase())
  if (type === 'int64' || type === 'int32') return wholeNumber(text)
  return undefined
}

/** Matches an integer written as a float, such as `1e+05`. */
function wholeNumber(text: string): number | undefined {
  const number = /^\s*[+-]?\d{1,20}(\.\d{0,30})?([eE][+-]?\d{1,3})?\s*$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}
