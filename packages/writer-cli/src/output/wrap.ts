import stringWidth from 'string-width'

const HANGING = 2
/** A beginning of at most this many cells, such as a mark, stays with the word after it. */
const MAX_MARK = 3

/**
 * Returns a line as lines of at most `width` cells, broken between words; those after the first are indented by two more than the first one. A word
 * that is wider has a line of its own.
 */
export function wrapLine(line: string, width: number): string[] {
  if (stringWidth(line) <= width) return [line]
  const indent = ' '.repeat(/^ */.exec(line)?.[0].length ?? 0)
  const lines: string[] = []
  let current = indent
  let used = indent.length
  let hasWord = false
  for (const word of line.slice(indent.length).split(' ')) {
    const cells = stringWidth(word)
    if (used > indent.length + MAX_MARK && used + 1 + cells > width) {
      lines.push(current.trimEnd())
      current = indent + ' '.repeat(HANGING) + word
      used = indent.length + HANGING + cells
    } else {
      current += hasWord ? ` ${word}` : word
      used += (hasWord ? 1 : 0) + cells
    }
    hasWord = true
  }
  return [...lines, current.trimEnd()]
}
