/** In small letters, character by character: what stands around a letter does not count. */
export function lowerText(text: string): string {
  // All of ASCII has simple mappings, and so has nearly all text.
  return isAscii(text) ? text.toLowerCase() : mapped(text, lowerCharacter)
}

/** In capitals, character by character: one that would become several becomes its one capital, or stays. */
export function upperText(text: string): string {
  return isAscii(text) ? text.toUpperCase() : mapped(text, upperCharacter)
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false
  return true
}

function mapped(text: string, map: (character: string) => string): string {
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

// Greek letters with a iota below have capitals of their own, beside those of two letters.
function withIota(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code >= 0x1f80 && code <= 0x1fa7 && (code & 8) === 0) return String.fromCodePoint(code + 8)
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCodePoint(code + 9)
  return character === 'ß' ? 'ẞ' : character
}
