/** The kept parts of an output. */
export interface KeptOutput {
  /** Number of bytes of the whole output. */
  readonly bytes: number
  /** The beginning, if part of the output was cut. */
  readonly head?: string | undefined
  /** Number of bytes that were cut between the beginning and the end. */
  readonly cutBytes?: number | undefined
  /** The end of the output, or all of it. */
  readonly tail: string
}

/** Keeps the beginning and the end of an output; its memory does not depend on the length of the output. */
export interface TailBuffer {
  push(chunk: Uint8Array): void
  read(): KeptOutput
}

const HEAD_BYTES = 4 * 1024
const TAIL_BYTES = 64 * 1024

export function tailBuffer({ headBytes = HEAD_BYTES, tailBytes = TAIL_BYTES } = {}): TailBuffer {
  const head = Buffer.alloc(headBytes)
  const ring = Buffer.alloc(tailBytes)
  let bytes = 0
  return {
    push(chunk) {
      if (bytes < headBytes) head.set(chunk.subarray(0, headBytes - bytes), bytes)
      const last = chunk.subarray(Math.max(0, chunk.length - tailBytes))
      const at = (bytes + chunk.length - last.length) % tailBytes
      const untilEnd = Math.min(last.length, tailBytes - at)
      ring.set(last.subarray(0, untilEnd), at)
      ring.set(last.subarray(untilEnd), 0)
      bytes += chunk.length
    },
    read() {
      if (bytes <= tailBytes) return { bytes, tail: textOf(ring.subarray(0, bytes)) }
      const at = bytes % tailBytes
      const tail = Buffer.concat([ring.subarray(at), ring.subarray(0, at)])
      const cutBytes = bytes - tailBytes - headBytes
      if (cutBytes <= 0) return { bytes, tail: textOf(Buffer.concat([head.subarray(0, bytes - tailBytes), tail])) }
      return { bytes, head: textOf(wholeEnd(head)), cutBytes, tail: textOf(wholeStart(tail)) }
    },
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

/** Removes the rest of a character whose beginning was cut. */
function wholeStart(bytes: Buffer): Buffer {
  let at = 0
  while (at < MAX_CHARACTER_BYTES && isContinuation(bytes[at])) at++
  return bytes.subarray(at)
}

/** Removes the beginning of a character whose rest was cut. */
function wholeEnd(bytes: Buffer): Buffer {
  let at = bytes.length - 1
  while (at > bytes.length - MAX_CHARACTER_BYTES && isContinuation(bytes[at])) at--
  const lead = bytes[at] ?? 0
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  return at + length > bytes.length ? bytes.subarray(0, at) : bytes
}

const MAX_CHARACTER_BYTES = 4

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
