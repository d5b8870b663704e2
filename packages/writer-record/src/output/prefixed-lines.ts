const NEWLINE = 0x0a
/** Longer lines are left out, so that memory is bounded. */
const MAX_LINE_BYTES = 64 * 1024

/** Finds the lines of an output that begin with a prefix, however the output is cut into parts. */
export interface PrefixedLines {
  push(chunk: Uint8Array): void
  /** Takes the last line, which may have no line break. */
  end(): void
}

/** Calls `onLine` with the rest of each line that begins with the prefix. Longer lines than 64 kB are left out. */
export function prefixedLines(prefix: string, onLine: (rest: string) => void): PrefixedLines {
  const wanted = Buffer.from(prefix)
  let line = Buffer.alloc(0)
  let isOther = false
  const add = (part: Uint8Array) => {
    if (isOther) return
    line = Buffer.concat([line, part])
    const shared = Math.min(line.length, wanted.length)
    isOther = line.length > MAX_LINE_BYTES || wanted.compare(line, 0, shared, 0, shared) !== 0
    if (isOther) line = Buffer.alloc(0)
  }
  const close = () => {
    if (!isOther && line.length >= wanted.length) onLine(line.subarray(wanted.length).toString('utf8'))
    line = Buffer.alloc(0)
    isOther = false
  }
  return {
    push(chunk) {
      let from = 0
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
        add(chunk.subarray(from, at))
        close()
        from = at + 1
      }
      if (from < chunk.length) add(chunk.subarray(from))
    },
    end: close,
  }
}
