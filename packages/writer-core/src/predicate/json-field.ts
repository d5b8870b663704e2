import type { Native } from './native.ts'

/**
 * Returns a reader for the text of a top-level key; of duplicate keys the first counts, as in engines. Null for text that is not a JSON object, or
 * lacks the key.
 */
export function jsonField(key: string): (text: Native) => string | null {
  const quoted = JSON.stringify(key)
  return (text) => {
    const object = typeof text === 'string' ? objectOf(text) : undefined
    if (typeof text !== 'string' || object === undefined) return null
    // Without escapes a key can be written in only one way, and most texts contain it once, as a string.
    if (!text.includes('\\')) {
      const at = text.indexOf(quoted)
      if (at === -1) return null
      const value: unknown = Object.hasOwn(object, key) ? Reflect.get(object, key) : undefined
      if (typeof value === 'string' && text.indexOf(quoted, at + 1) === -1) return value
    }
    return valueText(valueTokens(text, key))
  }
}

function objectOf(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s"{}[\]:,]+/g

/** Returns the tokens of the key's value. The text must be a JSON object. */
function valueTokens(text: string, key: string): string[] {
  const tokens: string[] = []
  let [depth, isKey, isWanted] = [0, true, false]
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '}' || token === ']') depth--
    const isTop = depth === 1
    if (isWanted && ((isTop && token === ',') || depth === 0)) return tokens
    if (isTop && token === ',') isKey = true
    else if (isTop && isKey && token !== ':') isWanted = stringOf(token) === key
    else if (isTop && isKey) isKey = false
    else if (isWanted) tokens.push(token)
    if (token === '{' || token === '[') depth++
  }
  return tokens
}

function stringOf(token: string): unknown {
  return JSON.parse(token)
}

function valueText(tokens: readonly string[]): string | null {
  const [first] = tokens
  if (first === undefined || (tokens.length === 1 && first === 'null')) return null
  if (tokens.length === 1 && first.startsWith('"')) return String(stringOf(first))
  return tokens.map(plainToken).join('')
}

/** Returns a token as engines print it: strings with as few escapes as possible, doubles in their shortest form with a decimal point. */
function plainToken(token: string): string {
  if (token.startsWith('"')) {
    return JSON.stringify(stringOf(token)).replace(/\\(u00..|.)/g, (whole, code: string) =>
      code.length > 1 ? `\\u${code.slice(1).toUpperCase()}` : whole,
    )
  }
  if (!/^-?\d/.test(token)) return token
  if (/^-?\d+$/.test(token)) return token === '-0' ? '0' : token
  const number = Number(token)
  if (!Number.isFinite(number)) return token
  const text = (Object.is(number, -0) ? '-0' : String(number)).replace('e+', 'e')
  return /[.e]/.test(text) ? text : `${text}.0`
}
