import type { Native } from './native.ts'
import type { FunctionName } from './predicate.ts'

type Argument = (row: number) => Native

/** The value of a function in one row; null for null, but for `coalesce`. */
export function callFunction(name: FunctionName, args: readonly Argument[], row: number): Native {
  if (name === 'coalesce') return firstValue(args, row)
  const value = args[0]?.(row) ?? null
  if (value === null) return null
  return typeof value === 'string' ? ofText(name, value) : ofNumber(name, value)
}

function firstValue(args: readonly Argument[], row: number): Native {
  for (const arg of args) {
    const value = arg(row)
    if (value !== null) return value
  }
  return null
}

function ofText(name: FunctionName, text: string): Native {
  switch (name) {
    case 'length':
      return codePoints(text)
    case 'lower':
      return mapCase(text, (character) => character.toLowerCase())
    case 'upper':
      return mapCase(text, (character) => (character === 'ß' ? 'ẞ' : character.toUpperCase()))
    case 'trim':
      return text.replace(/^ +/, '').replace(/ +$/, '')
    default:
      return null
  }
}

function ofNumber(name: FunctionName, value: Exclude<Native, string | null>): Native {
  if (name === 'isFinite') return Number.isFinite(Number(value))
  if (typeof value === 'bigint') return ofBigint(name, value)
  const number = Number(value)
  switch (name) {
    case 'abs':
      return Math.abs(number)
    case 'round':
      return roundHalfAway(number)
    case 'floor':
      return Math.floor(number)
    case 'ceil':
      return Math.ceil(number)
    default:
      return null
  }
}

function ofBigint(name: FunctionName, value: bigint): Native {
  if (name === 'abs') return value < 0n ? -value : value
  return name === 'round' ? value : Number(value)
}

// `Math.round` takes halves upwards, engines take them away from zero.
function roundHalfAway(value: number): number {
  const whole = Math.trunc(value)
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole
}

function codePoints(text: string): number {
  let count = 0
  for (const _character of text) count++
  return count
}

/** Character by character, as engines do: one that would become several stays the first, or as it is. */
function mapCase(text: string, map: (character: string) => string): string {
  let mapped = ''
  for (const character of text) {
    const [first = '', ...rest] = map(character)
    mapped += rest.length === 0 ? first : character === 'İ' ? 'i' : character
  }
  return mapped
}
