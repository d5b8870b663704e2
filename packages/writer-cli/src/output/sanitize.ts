// C0, DEL, C1, and the marks that reorder or break lines: text from a log must not move the cursor or disguise other text.
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]|\p{Surrogate}/gu

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Makes control characters and bidi controls visible: `\n`, `\x1b`, `\u202e`. */
export function sanitize(text: string): string {
  return text.replace(UNSAFE, (character) => NAMED[character] ?? escapeCharacter(character))
}

/** Sanitizes text as {@link sanitize} does, but keeps line breaks. */
export function sanitizeLines(text: string): string {
  return text.split(/\r?\n/).map(sanitize).join('\n')
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
