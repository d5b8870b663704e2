/** A buffer that grows, with numbers in network byte order. */
export interface ByteWriter {
  readonly length: number
  int16(value: number): void
  int32(value: number): void
  int64(value: bigint): void
  float(value: number): void
  double(value: number): void
  byte(value: number): void
  bytes(value: Uint8Array): void
  /** Writes the number of bytes of a text and then the text. */
  text(value: string): void
  /** Returns the bytes so far, and starts with an empty buffer. */
  take(): Buffer
}

const NO_MEMORY = Buffer.alloc(0)

/** Creates a buffer. `size` is the number of bytes that it takes before it grows. */
export function byteWriter(size = 1 << 17): ByteWriter {
  let memory = Buffer.allocUnsafe(size)
  let at = 0
  const room = (bytes: number) => {
    if (at + bytes <= memory.length) return
    const grown = Buffer.allocUnsafe(Math.max(memory.length * 2, at + bytes, size))
    memory.copy(grown, 0, 0, at)
    memory = grown
  }
  return {
    get length() {
      return at
    },
    int16(value) {
      room(2)
      at = memory.writeInt16BE(value, at)
    },
    int32(value) {
      room(4)
      at = memory.writeInt32BE(value, at)
    },
    int64(value) {
      room(8)
      at = memory.writeBigInt64BE(value, at)
    },
    float(value) {
      room(4)
      at = memory.writeFloatBE(value, at)
    },
    double(value) {
      room(8)
      at = memory.writeDoubleBE(value, at)
    },
    byte(value) {
      room(1)
      at = memory.writeUInt8(value, at)
    },
    bytes(value) {
      room(value.byteLength)
      memory.set(value, at)
      at += value.byteLength
    },
    text(value) {
      room(4 + value.length * 3)
      const bytes = memory.write(value, at + 4, 'utf8')
      memory.writeInt32BE(bytes, at)
      at += 4 + bytes
    },
    take() {
      const taken = memory.subarray(0, at)
      memory = NO_MEMORY
      at = 0
      return taken
    },
  }
}
