const PREFIX = 32
const LONGEST = 64
const ASCII_TIE_BREAKER = '\u007f'
const TIE_BREAKER = String.fromCodePoint(0x10ffff)

/** Returns a prefix of at most 32 characters, which is never greater than the text. */
export function lowerTextBound(text: string): string {
  return [...text].slice(0, PREFIX).join('')
}

/** Returns a text of at most 64 characters that is never less than any text with this prefix; undefined if no such text exists. */
export function upperTextBound(text: string): string | undefined {
  const characters = [...text]
  if (characters.length <= PREFIX) return text
  let end = PREFIX
  // A tie-breaker after the greatest character would not be greater, so more of the text is taken.
  while (characters[end] === TIE_BREAKER) end++
  if (end >= characters.length) return end <= LONGEST ? text : undefined
  if (end > LONGEST) return undefined
  const cut = characters[end] ?? ''
  return characters.slice(0, end).join('') + (cut < ASCII_TIE_BREAKER ? ASCII_TIE_BREAKER : TIE_BREAKER)
}
