/** Names that a path cannot hold as they are: an empty segment is lost, dots are resolved, and a sign of the name must differ from one that was added. */
const NEEDS_SIGN = /^(?:~.*|\.{0,2})$/s

/** Returns a name as one segment of a path. Halves of characters, which no address can hold, are replaced. */
export function segmentOf(name: string): string {
  const text = name.replace(/\p{Surrogate}/gu, '\uFFFD')
  return encodeURIComponent(NEEDS_SIGN.test(text) ? `~${text}` : text)
}

/** Returns the name of a segment; undefined if it is not well-formed. */
export function nameOfSegment(segment: string): string | undefined {
  try {
    const text = decodeURIComponent(segment)
    return text.startsWith('~') ? text.slice(1) : text
  } catch {
    return undefined
  }
}
