/** Matches escapes of lone surrogates, and also whole pairs and escaped backslashes, so that these are not mistaken for one. */
const ESCAPES = /\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}/g
const SURROGATE = /\\u[dD][89a-fA-F]/
const LONE_LENGTH = 6

/** Replaces each lone surrogate, which UTF-8 cannot hold, by U+FFFD: an engine would reject the whole batch because of one. */
export function wellFormedJson(text: string): string {
  if (!SURROGATE.test(text)) return text
  return text.replaceAll(ESCAPES, (match) => (match.length === LONE_LENGTH ? '\\ufffd' : match))
}
