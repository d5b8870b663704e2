import { isUtf8 } from 'node:buffer'

/**
 * Replaces bytes that are not valid UTF-8, so that a parser carries the mark to the record that contains them: two noncharacters around words that
 * cannot occur by accident.
 */
const MARK = '\ufdd0not-utf8\ufdd1'
const REPLACEMENT = Buffer.from('\ufffd')

export const NO_UTF8 = 'not valid UTF-8'

/** Returns whether text from {@link markInvalidUtf8} contained invalid UTF-8. */
export function hasInvalidUtf8(text: string): boolean {
  return text.includes(MARK)
}

/** Returns such text with U+FFFD for invalid bytes. */
export function readableText(text: string): string {
  return text.replaceAll(MARK, '\ufffd')
}

/** Yields the bytes with invalid UTF-8 replaced by the mark. */
export async function* markInvalidUtf8(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0)
  for await (const chunk of bytes) {
    const whole =
      rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    const end = whole.length - unfinishedBytes(whole)
    rest = Buffer.from(whole.subarray(end))
    if (end > 0) yield markChunk(whole.subarray(0, end))
  }
  if (rest.length > 0) yield markChunk(rest)
}

function markChunk(bytes: Buffer): Buffer {
  if (isUtf8(bytes)) return bytes
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  let from = 0
  for (;;) {
    // A U+FFFD in the file itself is ordinary text.
    const at = bytes.indexOf(REPLACEMENT, from)
    text += decoder.decode(bytes.subarray(from, at === -1 ? bytes.length : at)).replaceAll('\ufffd', MARK)
    if (at === -1) return Buffer.from(text)
    text += '\ufffd'
    from = at + REPLACEMENT.length
  }
}

/** Returns the number of bytes at the end that begin a character which the next chunk completes. */
function unfinishedBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return needed > back ? back : 0
  }
  return 0
}
