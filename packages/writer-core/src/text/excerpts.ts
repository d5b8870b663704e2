/** Returns the first line of a text, in at most `max` characters; empty without a text. */
export function firstLine(text: string | null | undefined, max = 200): string {
  const [line = ''] = (text ?? '').trimStart().split(/\r?\n/, 1)
  const characters = [...line.slice(0, 2 * max)]
  const isLong = characters.length > max || line.length > 2 * max
  return isLong ? `${characters.slice(0, max - 1).join('')}…` : line.trimEnd()
}

/** Returns the text in at most `max` characters, cut in the middle: both ends of a name distinguish it from others. */
export function cutMiddle(text: string, max: number): string {
  const characters = [...text.slice(0, 4 * max), ...(text.length > 8 * max ? [] : text.slice(4 * max))]
  if (characters.length <= max && text.length <= 8 * max) return text
  const head = Math.ceil((max - 1) * 0.6)
  const tail = max - 1 - head
  return `${characters.slice(0, head).join('')}…${tail === 0 ? '' : [...text.slice(-2 * max)].slice(-tail).join('')}`
}
