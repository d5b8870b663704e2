import { parse, stringify } from 'lossless-json'

// Sixteen digits in a row may be an integer that a double rounds; only then is the exact, slower way taken.
const MANY_DIGITS = /(?:^|[^.\d])\d{16}/

/**
 * JSON text to a value. Integers beyond 2^53 come out as bigint, never rounded; objects and arrays that hold such come out as JSON text.
 * Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (!MANY_DIGITS.test(text) || !isObject(value)) return value
  const exact = parse(text, undefined, exactNumber)
  if (!isObject(exact)) return value
  return Object.fromEntries(
    Object.entries(exact).map(([key, each]) => [key, typeof each === 'object' && each ? stringify(each) : each]),
  )
}

function exactNumber(digits: string): number | bigint {
  const value = Number(digits)
  return /^-?\d+$/.test(digits) && !Number.isSafeInteger(value) ? BigInt(digits) : value
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
