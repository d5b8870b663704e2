import { isObject, wellFormedJson } from '@forge/writer-core/storage'
import { isLosslessNumber, LosslessNumber, parse, stringify } from 'lossless-json'
import { MAX_DEPTH } from './limits.ts'

/**
 * Matches numbers that a double may not hold: 16 digits in a row, 18 significant ones, or a three-digit exponent. Only then is the exact but slower
 * parser used.
 */
const MANY_DIGITS = /(?:^|[^.\d])\d{16}|[1-9][\d.]{18}|[:[,]\s{0,9}-?\d[\d.]{0,20}[eE][+-]?\d{3}/
const OPEN_SQUARE = 91
const CLOSE_SQUARE = 93
const BACKSLASH = 92
const QUOTE = 34
const OPEN_CURLY = 123
const CLOSE_CURLY = 125

/**
 * Returns the row that a JSON text holds. Integers beyond 2^53 become bigint and are never rounded; objects and arrays with numbers that a double
 * cannot hold become JSON text with all digits. Throws SyntaxError, and RangeError for JSON that is nested more than {@link MAX_DEPTH} deep.
 */
export function parseRow(text: string): unknown {
  const value = parseJson(text)
  if (!isObject(value) || !MANY_DIGITS.test(text)) return value
  const exact = parse(wellFormedJson(text), undefined, {
    parseNumber: exactNumber,
    onDuplicateKey: ({ newValue }) => newValue,
  })
  if (!isObject(exact)) return value
  return Object.fromEntries(Object.entries(exact).map(([key, each]) => [key, exactValue(each)]))
}

/**
 * Returns the value of JSON text, with all strings well-formed: half of a surrogate pair becomes U+FFFD, as in any encoder.
 * Throws SyntaxError, and RangeError for JSON that is nested more than {@link MAX_DEPTH} deep.
 */
export function parseJson(text: string): unknown {
  assertDepth(text)
  return JSON.parse(wellFormedJson(text))
}

/** Returns whether brackets of JSON text are nested more than {@link MAX_DEPTH} deep, which parsers may not survive. */
export function isTooDeep(text: string): boolean {
  if (text.length <= 2 * MAX_DEPTH) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === OPEN_CURLY || code === OPEN_SQUARE) {
      if (++depth > MAX_DEPTH) return true
    } else if (code === CLOSE_CURLY || code === CLOSE_SQUARE) depth--
  }
  return false
}

export const TOO_DEEP = `nested more than ${MAX_DEPTH} deep`

function assertDepth(text: string): void {
  if (isTooDeep(text)) throw new RangeError(TOO_DEEP)
}

/** Returns the position of the quote that ends a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return end
  }
  return text.length
}

/** Returns a number, or its digits as text if a double cannot hold them. */
function exactNumber(digits: string): number | LosslessNumber {
  const value = Number(digits)
  return isHeld(digits, value) ? value : new LosslessNumber(digits)
}

function isHeld(digits: string, value: number): boolean {
  if (/^-?\d+$/.test(digits)) return Number.isSafeInteger(value)
  const [mantissa = ''] = digits.split(/[eE]/, 1)
  const significant = mantissa.replace(/^-?[0.]*/, '').replace('.', '')
  return Number.isFinite(value) && (value !== 0 || significant === '') && significant.length <= 17
}

function exactValue(value: unknown): unknown {
  if (!isLosslessNumber(value)) return typeof value === 'object' && value !== null ? stringify(value) : value
  const digits = value.toString()
  return /^-?\d+$/.test(digits) ? BigInt(digits) : Number(digits)
}
