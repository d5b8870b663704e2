/** Parses JSON of the engine, which writes NaN and infinities as bare words that are not valid JSON: they become null. */
export function parseFinite(text: string): unknown {
  return JSON.parse(finiteJson(text))
}

/** Replaces NaN and infinities by null. */
export function finiteJson(text: string): string {
  if (!/NaN|Infinity|inf/i.test(text)) return text
  return text.replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity|inf)\b/gi, (token) =>
    token.startsWith('"') ? token : 'null',
  )
}
