/** Escapes of halves of a surrogate pair, whole pairs and escaped backslashes before them. */
const ESCAPES = /\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}/g
const SURROGATE = /\\u[dD][89a-fA-F]/
const LONE_LENGTH = 6

/** Returns JSON text in which half a surrogate pair, which UTF-8 cannot hold, is U+FFFD: an engine refuses all rows of a batch for one. */
export function wellFormedJson(text: string): string {
  if (!SURROGATE.test(text)) return text
  return text.replaceAll(ESCAPES, (match) => (match.length === LONE_LENGTH ? '\\ufffd' : match))
}
