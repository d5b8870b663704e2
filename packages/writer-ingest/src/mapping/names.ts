const CLOSING: Readonly<Record<string, string>> = { '"': '"', '`': '`', '[': ']' }

/**
 * Returns the parts of a name such as `db."my.schema".orders`, without their quotes; a dot within quotes does not separate parts. A name that is
 * quoted as a whole in backticks is split nevertheless, as BigQuery does.
 */
export function partsOfName(name: string): string[] {
  if (/^`[^`]*`$/.test(name)) return name.slice(1, -1).split('.')
  const parts: string[] = []
  let part = ''
  let closing: string | undefined
  for (let at = 0; at < name.length; at++) {
    const character = name.charAt(at)
    if (closing !== undefined) {
      if (character !== closing) part += character
      else if (name.charAt(at + 1) === closing) part += name.charAt(++at)
      else closing = undefined
    } else if (part === '' && CLOSING[character] !== undefined) {
      closing = CLOSING[character]
    } else if (character === '.') {
      parts.push(part)
      part = ''
    } else {
      part += character
    }
  }
  parts.push(part)
  return parts
}

/** Joins parts to a name; a part with a dot or a quote is quoted, so that {@link partsOfName} returns the same parts. */
export function nameOfParts(parts: readonly string[]): string {
  return parts.map((part) => (/[.`"[\]]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join('.')
}
