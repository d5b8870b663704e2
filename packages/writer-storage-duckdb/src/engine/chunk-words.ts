import type { ColumnVector } from '@forge/writer-core/storage'

/** The maximum number of rows in a chunk. */
export const CHUNK_ROWS = 2048

/** The distinct texts of a chunk, and the text of each row. Texts that no row has may be among them. */
export interface Words {
  /** Texts, at least one. */
  readonly texts: readonly string[]
  /** One engine list per row, as two 64-bit words: the position of its text, and the length 1. Valid until the next call. */
  readonly rows: Uint32Array
}

export interface ChunkWords {
  of(vector: ColumnVector, start: number, count: number): Words
}

/** The maximum size of a dictionary that is passed whole, even if a chunk uses only some of its words. */
const FEW_WORDS = 64
const UINTS_PER_LIST = 4
const LENGTH_AT = 2

/** Finds the words of one column chunk by chunk, and reuses its memory. */
export function chunkWords(): ChunkWords {
  const rows = new Uint32Array(CHUNK_ROWS * UINTS_PER_LIST)
  for (let row = 0; row < CHUNK_ROWS; row++) rows[row * UINTS_PER_LIST + LENGTH_AT] = 1
  const positions = codePositions()
  return {
    of(vector, start, count) {
      if (vector.kind === 'text') return { texts: eachText(vector, start, count, rows), rows }
      if (vector.kind !== 'dictionary') throw new TypeError('text was expected')
      const { values, dictionary } = vector
      if (dictionary.length > 0 && (dictionary.length <= FEW_WORDS || count === values.length)) {
        fillCodes(rows, vector, start, count)
        return { texts: dictionary, rows }
      }
      const texts: string[] = []
      positions.clear(dictionary.length)
      for (let row = 0; row < count; row++) {
        const code = values[start + row] ?? 0
        const position = positions.of(code, texts.length)
        if (position === texts.length) texts.push(dictionary[code] ?? '')
        rows[row * UINTS_PER_LIST] = position
      }
      return { texts, rows }
    },
  }
}

function fillCodes(
  rows: Uint32Array,
  { values, dictionary }: Extract<ColumnVector, { kind: 'dictionary' }>,
  start: number,
  count: number,
): void {
  const words = dictionary.length
  for (let row = 0; row < count; row++) {
    const code = values[start + row] ?? 0
    // A code beyond the dictionary would make the engine read past its memory.
    rows[row * UINTS_PER_LIST] = code < words ? code : 0
  }
}

function eachText(
  { values, validity }: Extract<ColumnVector, { kind: 'text' }>,
  start: number,
  count: number,
  rows: Uint32Array,
): string[] {
  const texts = ['']
  for (let row = 0; row < count; row++) {
    const index = start + row
    const isNull = validity !== null && ((validity[index >> 3] ?? 0) & (1 << (index & 7))) === 0
    rows[row * UINTS_PER_LIST] = isNull ? 0 : texts.push(values[index] ?? '') - 1
  }
  return texts
}

/** Assigns positions to the codes of a chunk. Clearing costs nothing. */
function codePositions() {
  let positions = new Uint32Array(0)
  let chunks = new Uint32Array(0)
  let chunk = 0
  return {
    clear(codes: number): void {
      chunk++
      if (codes <= positions.length) return
      positions = new Uint32Array(codes * 2)
      chunks = new Uint32Array(codes * 2)
    },
    /** Returns the position of the code, and assigns `next` if it has none. */
    of(code: number, next: number): number {
      if (chunks[code] === chunk) return positions[code] ?? 0
      chunks[code] = chunk
      positions[code] = next
      return next
    },
  }
}
