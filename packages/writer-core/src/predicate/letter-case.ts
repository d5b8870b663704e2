/** Converts text to lower case character by character, independent of context. */
export function lowerText(text: string): string {
  // ASCII characters have simple mappings, and most text is ASCII.
  return isAscii(text) ? text.toLowerCase() : mapCharacters(text, lowerCharacter)
}

/** Converts text to upper case character by character. A character that would become several becomes its single capital, or stays. */
export function upperText(text: string): string {
  return isAscii(text) ? text.toUpperCase() : mapCharacters(text, upperCharacter)
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false
  return true
}

function mapCharacters(text: string, map: (character: string) => string): string {
  let result = ''
  for (const character of text) result += map(character)
  return result
}

function lowerCharacter(character: string): string {
  return character === 'İ' ? 'i' : (single(character.toLowerCase()) ?? character)
}

function upperCharacter(character: string): string {
  return single(character.toUpperCase()) ?? withIota(character)
}

function single(text: string): string | undefined {
  const [first, second] = text
  return second === undefined ? first : undefined
}

// Greek letters with an iota below have single capitals in addition to their two-letter forms.
function withIota(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code >= 0x1f80 && code <= 0x1fa7 && (code & 8) === 0) return String.fromCodePoint(code + 8)
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCodePoint(code + 9)
  return character === 'ß' ? 'ẞ' : character
}
