import type { ColumnBuilder } from './column-builder.ts'
import type { ColumnVector } from './log-batch.ts'
import { validityBuilder } from './validity.ts'

// Beyond this many distinct values a dictionary pays only where values repeat at least three times.
const SMALL_DICTIONARY = 1024

/** Text as dictionary codes while values repeat, one by one from where they do not. */
export function stringBuilder(expectedRows: number): ColumnBuilder {
  let codes = new Uint32Array(expectedRows)
  let count = 0
  const codeOf = new Map<string, number>()
  let last: unknown
  let lastCode = 0
  let plain: string[] | undefined
  const validity = validityBuilder()

  const leaveDictionary = () => {
    const dictionary = [...codeOf.keys()]
    plain = Array.from(codes.subarray(0, count), (code) => dictionary[code] ?? '')
    codeOf.clear()
  }
  const addCode = (code: number) => {
    if (count === codes.length) {
      const grown = new Uint32Array(codes.length * 2)
      grown.set(codes)
      codes = grown
    }
    codes[count++] = code
  }
  const addText = (text: string): string | undefined => {
    const known = codeOf.get(text)
    if (known === undefined && !text.isWellFormed()) return 'well-formed text (no lone surrogates)'
    const code = known ?? codeOf.size
    if (known === undefined) codeOf.set(text, code)
    addCode(code)
    last = text
    lastCode = code
    if (code >= SMALL_DICTIONARY && code > count / 3) leaveDictionary()
    return undefined
  }
  const addPlain = (values: string[], text: string): string | undefined => {
    if (!text.isWellFormed()) return 'well-formed text (no lone surrogates)'
    values.push(text)
    count++
    return undefined
  }
  const addNull = () => {
    validity.markNull(count)
    if (plain) {
      plain.push('')
      count++
    } else addCode(0)
  }
  return {
    add(value) {
      if (plain === undefined && value === last && value !== undefined) {
        addCode(lastCode)
        return undefined
      }
      if (value === null || value === undefined) {
        addNull()
        return undefined
      }
      if (typeof value !== 'string') return 'text'
      return plain ? addPlain(plain, value) : addText(value)
    },
    addNull,
    finish(): ColumnVector {
      const bits = validity.finish(count)
      if (plain) return { kind: 'text', values: plain, validity: bits }
      // Rows of nothing but nulls still need a value for code 0 to stand for.
      const dictionary = codeOf.size === 0 ? [''] : [...codeOf.keys()]
      return { kind: 'dictionary', values: codes.subarray(0, count), dictionary, validity: bits }
    },
  }
}

const JSON_EXPECTED = 'an object, an array or JSON text'

/** JSON text, from the text itself or from objects and arrays. */
export function jsonBuilder(): ColumnBuilder {
  const values: string[] = []
  const validity = validityBuilder()
  const addNull = () => {
    validity.markNull(values.length)
    values.push('')
  }
  return {
    add(value) {
      if (value === null || value === undefined) {
        addNull()
        return undefined
      }
      const text = typeof value === 'string' ? checkedJson(value) : jsonText(value)
      if (text === undefined) return JSON_EXPECTED
      values.push(text)
      return undefined
    },
    addNull,
    finish: () => ({ kind: 'text', values, validity: validity.finish(values.length) }),
  }
}

function checkedJson(text: string): string | undefined {
  if (!text.isWellFormed()) return undefined
  try {
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}

function jsonText(value: unknown): string | undefined {
  if (typeof value !== 'object') return undefined
  try {
    return JSON.stringify(value)
  } catch {
    return jsonTextOfBigints(value)
  }
}

// A replacer costs more than the rest, and bigints are rare.
function jsonTextOfBigints(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? exactNumber(inner) : inner))
  } catch {
    return undefined
  }
}

// JSON.stringify has no way to print a bigint as a number on Node 20, so integers that a double cannot hold become text.
function exactNumber(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
