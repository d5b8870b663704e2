/** Bytes of a file that grow at their end. Cells are written into it without strings in between. */
export interface ByteSink {
  bytes: Buffer
  length: number
}

const CHUNK_BYTES = 512 * 1024
/** The number of bytes after which a chunk is handed on: a row more fits behind it mostly. */
const FULL_BYTES = CHUNK_BYTES - 32 * 1024

export function byteSink(): ByteSink {
  return { bytes: Buffer.allocUnsafe(CHUNK_BYTES), length: 0 }
}

/** Returns whether enough has gathered to be handed on. */
export function isFull({ length }: ByteSink): boolean {
  return length >= FULL_BYTES
}

/** Takes what has gathered. The sink goes on with other memory. */
export function takeBytes(sink: ByteSink): Uint8Array {
  const taken = sink.bytes.subarray(0, sink.length)
  sink.bytes = Buffer.allocUnsafe(CHUNK_BYTES)
  sink.length = 0
  return taken
}

/** Makes room for `count` more bytes. */
export function reserve(sink: ByteSink, count: number): void {
  const needed = sink.length + count
  if (needed <= sink.bytes.length) return
  const grown = Buffer.allocUnsafe(Math.max(needed, sink.bytes.length * 2))
  grown.set(sink.bytes.subarray(0, sink.length))
  sink.bytes = grown
}

/** A native call costs as much as writing about this many characters one by one. */
const MAX_LOOP = 96

export function appendBytes(sink: ByteSink, added: Uint8Array): void {
  const count = added.length
  reserve(sink, count)
  const { bytes, length } = sink
  if (count > MAX_LOOP) bytes.set(added, length)
  else for (let at = 0; at < count; at++) bytes[length + at] = added[at] ?? 0
  sink.length = length + count
}

/** Appends text as UTF-8. */
export function appendText(sink: ByteSink, text: string): void {
  if (text.length <= MAX_LOOP && appendSafe(sink, text, ASCII)) return
  reserve(sink, text.length * 3)
  sink.length += sink.bytes.write(text, sink.length)
}

/** Codes of characters by what a format allows as they are: 1 if it does. Characters beyond ASCII are not in it. */
export type SafeCodes = Uint8Array

/** Returns the codes of ASCII that `isSafe` accepts. */
export function safeCodes(isSafe: (code: number) => boolean): SafeCodes {
  return Uint8Array.from({ length: 128 }, (_none, code) => (isSafe(code) ? 1 : 0))
}

const ASCII = safeCodes(() => true)

/** Appends text if all its characters are safe. Otherwise appends nothing and returns false. */
export function appendSafe(sink: ByteSink, text: string, safe: SafeCodes): boolean {
  const count = text.length
  reserve(sink, count)
  const { bytes, length } = sink
  for (let at = 0; at < count; at++) {
    const code = text.charCodeAt(at)
    // The code of a character beyond ASCII is undefined in the table.
    if (safe[code] !== 1) return false
    bytes[length + at] = code
  }
  sink.length = length + count
  return true
}
