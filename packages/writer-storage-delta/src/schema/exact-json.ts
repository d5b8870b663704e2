/** A NUL, which no text of a log starts with, marks a number that is kept as its digits. */
const MARK = '\0'

/** JSON whose whole numbers beyond what a double holds come out as marked text, so that {@link formatExactJson} writes every digit of them again. */
export function parseExactJson(text: string): unknown {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?![\d.eE])/g, (token) =>
    token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : JSON.stringify(`${MARK}${token}`),
  )
  return JSON.parse(marked)
}

export function formatExactJson(value: unknown): string {
  return JSON.stringify(value).replace(/"\\u0000(-?\d+)"/g, '$1')
}

/** The whole number that a value of {@link parseExactJson} stands for; undefined for anything else. */
export function exactInteger(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  return typeof value === 'string' && /^\0-?\d+$/.test(value) ? BigInt(value.slice(1)) : undefined
}

/** The value that {@link formatExactJson} writes as that number. */
export function exactNumber(value: bigint): unknown {
  return Number.isSafeInteger(Number(value)) ? Number(value) : `${MARK}${value}`
}
