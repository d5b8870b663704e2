/** The mark of a number that is kept as its digits: a NUL, which no text of a log starts with. */
const MARK = '\0'

/** Parses JSON. Whole numbers that a double cannot hold become marked text, from which {@link formatExactJson} writes every digit again. */
export function parseExactJson(text: string): unknown {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?![\d.eE])/g, (token) =>
    token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : JSON.stringify(`${MARK}${token}`),
  )
  return JSON.parse(marked)
}

export function formatExactJson(value: unknown): string {
  return JSON.stringify(value).replace(/"\\u0000(-?\d+)"/g, '$1')
}

/** Returns the whole number in a value of {@link parseExactJson}; undefined for anything else. */
export function exactInteger(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  return typeof value === 'string' && /^\0-?\d+$/.test(value) ? BigInt(value.slice(1)) : undefined
}

/** Returns the value that {@link formatExactJson} writes as that number. */
export function exactNumber(value: bigint): unknown {
  return Number.isSafeInteger(Number(value)) ? Number(value) : `${MARK}${value}`
}
