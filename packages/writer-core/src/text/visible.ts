// C0, DEL, C1, and the marks that reorder or break lines: text of a log must not move the cursor of a terminal or disguise other text.
const INVISIBLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]|\p{Surrogate}/gu

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Returns one line of text with its control characters, bidi controls and halves of characters written out: `\n`, `\x1b`, `\u202e`. */
export function visibleLine(text: string): string {
  return text.replace(INVISIBLE, (character) => NAMED[character] ?? escapeCharacter(character))
}

/** Returns text as {@link visibleLine} does, with its line breaks and tabs as they are. */
export function visibleText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(INVISIBLE, (character) => {
    if (character === '\n' || character === '\t') return character
    return NAMED[character] ?? escapeCharacter(character)
  })
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
