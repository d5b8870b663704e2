import type { ColumnBuilder } from './builder.ts'
import { validityBuilder } from './validity.ts'
import { wellFormedJson } from './well-formed-json.ts'

const EXPECTED = 'an object, an array or JSON text'

/** Creates a builder of JSON text; it takes JSON text, objects and arrays. */
export function jsonBuilder(): ColumnBuilder {
  // The array is reused after `clear`: growing a new one would leave as much garbage as it holds.
  const values: string[] = []
  let count = 0
  const validity = validityBuilder()
  const addNull = () => {
    validity.markNull(count)
    values[count++] = ''
  }
  const add = (value: unknown): string | undefined => {
    if (value === null || value === undefined) {
      addNull()
      return undefined
    }
    const text = typeof value === 'string' ? checkedJson(value) : jsonText(value)
    if (text === undefined) return EXPECTED
    values[count++] = wellFormedJson(text)
    return undefined
  }
  return {
    add,
    addNull,
    addAll(cells, start, end) {
      for (let at = start; at < end; at++) if (add(cells[at]) !== undefined) return at
      return end
    },
    finish() {
      values.length = count
      return { kind: 'text', values, validity: validity.finish(count) }
    },
    clear() {
      count = 0
      validity.clear()
    },
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

// A replacer costs more than the rest of the work, and bigints are rare.
function jsonTextOfBigints(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? exactNumber(inner) : inner))
  } catch {
    return undefined
  }
}

// JSON.stringify cannot print a bigint as a number on Node 20, so integers beyond the range of doubles become text.
function exactNumber(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
