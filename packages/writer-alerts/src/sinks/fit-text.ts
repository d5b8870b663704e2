/** The way in which a channel writes a character, and counts it. */
export interface TextCost {
  /** Escapes a character, such as `<` as `&lt;`. Default: leaves it as it is. */
  readonly escapeCharacter?: ((character: string) => string) | undefined
  /** The size of escaped text. Default: its length. */
  readonly size?: ((text: string) => number) | undefined
}

/** The share of the room for the beginning; the end often contains the reason. */
const HEAD_SHARE = 0.6

/**
 * Returns text as a channel writes it, at most `max` in size: text that is too long is cut in the middle, with a note of how many characters are left
 * out. Neither an escape sequence nor a character of two code units is cut.
 */
export function fitText(text: string, max: number, { escapeCharacter = same, size = lengthOf }: TextCost = {}): string {
  const well = text.toWellFormed()
  const characters = [...(well.length > 4 * max ? well.slice(0, 2 * max) + well.slice(-2 * max) : well)]
  const cut = well.length > 4 * max ? well.length - 4 * max : 0
  const pieces = characters.map(escapeCharacter)
  const whole = pieces.join('')
  if (cut === 0 && size(whole) <= max) return whole
  const room = Math.max(0, max - size(noteOf(well.length)))
  const head = takeFitting(pieces, HEAD_SHARE * room, size)
  const rest = room - size(head.join(''))
  const tail = takeFitting(pieces.slice(head.length).reverse(), rest, size).reverse()
  const leftOut = pieces.length - head.length - tail.length + cut
  const short = `${head.join('')}${noteOf(leftOut)}${tail.join('')}`
  // A limit that does not even leave room for the note leaves the beginning.
  return size(short) <= max ? short : takeFitting(pieces, max, size).join('')
}

/** Returns text on one line without control characters, which some channels turn into headers, or refuse. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
}

function noteOf(leftOut: number): string {
  return ` … [${leftOut} characters left out] … `
}

function takeFitting(pieces: readonly string[], max: number, size: (text: string) => number): string[] {
  let used = 0
  let count = 0
  for (const piece of pieces) {
    used += size(piece)
    if (used > max) break
    count++
  }
  return pieces.slice(0, count)
}

function same(character: string): string {
  return character
}

function lengthOf(text: string): number {
  return text.length
}
