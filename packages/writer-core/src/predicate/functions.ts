import { floorAt, powerOfTen } from '../column/decimal.ts'
import { WriterSchemaError } from '../errors/kinds.ts'
import { lowerText, upperText } from './letter-case.ts'
import type { Native } from './native.ts'
import type { FunctionName } from './predicate.ts'

/**
 * Returns the implementation of a function with one argument. It returns null for null; other values must be of the class that the function takes.
 */
export function functionOfOne(name: Exclude<FunctionName, 'coalesce'>): (value: Native) => Native {
  switch (name) {
    case 'length':
      return ofText(codePoints)
    case 'lower':
      return ofText(lowerText)
    case 'upper':
      return ofText(upperText)
    case 'trim':
      return ofText(trimSpaces)
    case 'abs':
      return (value) => (typeof value === 'bigint' ? absolute(value) : ofNumber(Math.abs)(value))
    case 'round':
      return (value) => (typeof value === 'bigint' ? value : ofNumber(roundHalfAway)(value))
    case 'floor':
      return ofNumber(Math.floor)
    case 'ceil':
      return ofNumber(Math.ceil)
    case 'isFinite':
      return ofNumber(Number.isFinite)
  }
}

/** Returns the implementation of a function for unscaled numbers. Rounding removes the scale. */
export function decimalFunction(name: Exclude<FunctionName, 'coalesce'>, scale: number): (value: Native) => Native {
  const one = powerOfTen(scale)
  const ofDecimal = (map: (unscaled: bigint) => Native) => (value: Native) =>
    typeof value === 'bigint' ? map(value) : null
  switch (name) {
    case 'abs':
      return ofDecimal((value) => (value < 0n ? -value : value))
    case 'round':
      return ofDecimal((value) => {
        const rest = value % one
        const isFar = (rest < 0n ? -rest : rest) * 2n >= one && rest !== 0n
        return value / one + (isFar ? (value < 0n ? -1n : 1n) : 0n)
      })
    case 'floor':
      return ofDecimal((value) => floorAt({ unscaled: value, scale }, 0))
    case 'ceil':
      return ofDecimal((value) => -floorAt({ unscaled: -value, scale }, 0))
    case 'isFinite':
      return ofDecimal(() => true)
    default:
      return functionOfOne(name)
  }
}

function ofText(map: (text: string) => Native): (value: Native) => Native {
  return (value) => (typeof value === 'string' ? map(value) : null)
}

function ofNumber(map: (value: number) => Native): (value: Native) => Native {
  return (value) => (value === null ? null : map(Number(value)))
}

const MIN_INT64 = -(2n ** 63n)

function absolute(value: bigint): bigint {
  if (value === MIN_INT64) {
    throw new WriterSchemaError('abs of the smallest 64-bit integer exceeds 64 bits', { committed: 'no' })
  }
  return value < 0n ? -value : value
}

// `Math.round` rounds halves up, while engines round them away from zero.
function roundHalfAway(value: number): number {
  const whole = Math.trunc(value)
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole
}

function codePoints(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // The second half of a surrogate pair is counted with the first.
    if (unit < 0xdc00 || unit > 0xdfff) count++
  }
  return count
}

/** Removes spaces of all widths at both ends; tabs and line breaks stay. */
function trimSpaces(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isSpace(text[start])) start++
  while (end > start && isSpace(text[end - 1])) end--
  return text.slice(start, end)
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || (character !== undefined && character > '\x7f' && /\p{Zs}/u.test(character))
}
