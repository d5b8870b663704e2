/** Enough for the values that repeat in a column, and little memory for each. */
const MAX_REMEMBERED = 1024
/** Longer text seldom repeats. */
const MAX_CHARACTERS = 128

/** The bytes of texts of a column, if they came before. */
export interface RememberedBytes {
  /** Returns the bytes of a text, made at most once; undefined if the texts of the column repeat too seldom. */
  find(text: string): Uint8Array | undefined
}

export function rememberedBytes(make: (text: string) => Uint8Array): RememberedBytes {
  const known = new Map<string, Uint8Array>()
  let isWorth = true
  let hits = 0
  let last: string | undefined
  let lastBytes: Uint8Array | undefined
  const remember = (text: string) => {
    if (!isWorth || text.length > MAX_CHARACTERS) return undefined
    const before = known.get(text)
    if (before !== undefined) {
      hits++
      return before
    }
    if (known.size === MAX_REMEMBERED) {
      isWorth = hits > MAX_REMEMBERED
      hits = 0
      known.clear()
    }
    const made = make(text)
    known.set(text, made)
    return made
  }
  return {
    find(text) {
      if (text !== last) {
        last = text
        lastBytes = remember(text)
      }
      return lastBytes
    },
  }
}
