import { WriterTableError } from '@forge/writer-core'

const MAGIC = 1681511377
const COOKIE_WITHOUT_RUNS = 12346
const COOKIE_WITH_RUNS = 12347
const ARRAY_LIMIT = 4096

/** Decodes the positions of rows, ascending, from the portable 64-bit format: a magic number, then 32-bit Roaring bitmaps by their high key. */
export function decodeRoaringBitmapArray(bytes: Uint8Array): number[] {
  const reader = byteReader(bytes)
  if (reader.u32() !== MAGIC) throw damageError()
  const bitmaps = reader.u64()
  const positions: number[] = []
  for (let index = 0; index < bitmaps; index++) {
    const high = reader.u32()
    readBitmap(reader, high * 2 ** 32, positions)
  }
  return positions
}

type ByteReader = ReturnType<typeof byteReader>

function readBitmap(reader: ByteReader, base: number, positions: number[]): void {
  const cookie = reader.u32()
  const hasRuns = (cookie & 0xffff) === COOKIE_WITH_RUNS
  if (!hasRuns && cookie !== COOKIE_WITHOUT_RUNS) throw damageError()
  const count = hasRuns ? (cookie >>> 16) + 1 : reader.u32()
  const runFlags = hasRuns ? reader.take(Math.ceil(count / 8)) : new Uint8Array(Math.ceil(count / 8))
  const containers = Array.from({ length: count }, () => ({ key: reader.u16(), cardinality: reader.u16() + 1 }))
  // Offsets only serve random access. They exist if there are no runs, or at least four containers.
  if (!hasRuns || count >= 4) reader.take(count * 4)
  for (const [index, { key, cardinality }] of containers.entries()) {
    const start = base + key * 65536
    if (((runFlags[index >> 3] ?? 0) >> (index & 7)) & 1) readRuns(reader, start, positions)
    else if (cardinality <= ARRAY_LIMIT) for (let at = 0; at < cardinality; at++) positions.push(start + reader.u16())
    else readBits(reader, start, positions)
  }
}

function readRuns(reader: ByteReader, start: number, positions: number[]): void {
  const runs = reader.u16()
  for (let run = 0; run < runs; run++) {
    const first = reader.u16()
    const length = reader.u16()
    for (let at = first; at <= first + length; at++) positions.push(start + at)
  }
}

function readBits(reader: ByteReader, start: number, positions: number[]): void {
  const bits = reader.take(8192)
  for (let at = 0; at < 65536; at++) if (((bits[at >> 3] ?? 0) >> (at & 7)) & 1) positions.push(start + at)
}

function byteReader(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const advance = (length: number) => {
    if (at + length > bytes.length) throw damageError()
    at += length
    return at - length
  }
  return {
    u16: () => view.getUint16(advance(2), true),
    u32: () => view.getUint32(advance(4), true),
    u64: () => Number(view.getBigUint64(advance(8), true)),
    take: (length: number) => bytes.subarray(advance(length), at),
  }
}

function damageError(): WriterTableError {
  return new WriterTableError('a deletion vector is damaged')
}
