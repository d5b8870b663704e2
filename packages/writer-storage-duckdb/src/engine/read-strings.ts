import duckdb from '@duckdb/node-bindings'
import type { Validity } from '@forge/writer-core/storage'

/**
 * Reads text, which the engine keeps as `duckdb_string_t` of its C interface: a length, then up to 12 bytes of text, or 4 of it and a pointer. Equal
 * neighbours become one string.
 */
export function readTexts(strings: ArrayBuffer, count: number, validity: Validity): string[] {
  return readStrings(strings, count, validity, '', (buffer, start, end) => buffer.toString('utf8', start, end))
}

/** Reads bytes, which the engine keeps as it keeps text. */
export function readBytes(strings: ArrayBuffer, count: number, validity: Validity): Uint8Array[] {
  return readStrings(strings, count, validity, new Uint8Array(0), (buffer, start, end) =>
    Uint8Array.from(buffer.subarray(start, end)),
  )
}

const STRING_BYTES = 16
const MAX_INLINE_BYTES = 12
/** Remembered values: enough for columns of few values, and quickly passed by for others. */
const SLOTS = 256

/** Reads strings with `take`, which gets memory of the engine and must copy it. What repeats is taken once. */
function readStrings<Item>(
  strings: ArrayBuffer,
  count: number,
  validity: Validity,
  none: Item,
  take: (buffer: Buffer, start: number, end: number) => Item,
): Item[] {
  const words = new Int32Array(strings, 0, count * 4)
  const inline = Buffer.from(strings)
  const regions = regionReader(strings, count, validity)
  const slots = new Int32Array(SLOTS).fill(-1)
  const values = new Array<Item>(count)
  for (let index = 0; index < count; index++) {
    if (validity !== null && ((validity[index >> 3] ?? 0) & (1 << (index & 7))) === 0) {
      values[index] = none
      continue
    }
    const slot = slotOf(words, index)
    const earlier = slots[slot] ?? -1
    // Equal words are equal text: all of it, or the same length at the same place.
    if (earlier >= 0 && sameWords(words, earlier, index)) {
      values[index] = values[earlier] ?? none
      continue
    }
    slots[slot] = index
    const length = words[index * 4] ?? 0
    const at = index * STRING_BYTES + 4
    values[index] = length <= MAX_INLINE_BYTES ? take(inline, at, at + length) : regions.read(index, length, take)
  }
  return values
}

function slotOf(words: Int32Array, index: number): number {
  const at = index * 4
  const mixed = Math.imul((words[at] ?? 0) ^ Math.imul(words[at + 1] ?? 0, 31), 0x9e3779b1) ^ (words[at + 2] ?? 0)
  return (Math.imul(mixed ^ Math.imul(words[at + 3] ?? 0, 17), 0x85ebca6b) >>> 16) & (SLOTS - 1)
}

function sameWords(words: Int32Array, one: number, other: number): boolean {
  const [a, b] = [one * 4, other * 4]
  return (
    words[a] === words[b] &&
    words[a + 1] === words[b + 1] &&
    words[a + 2] === words[b + 2] &&
    words[a + 3] === words[b + 3]
  )
}

/** The maximum gap between strings that share a view. It is smaller than a page of memory, so that each byte in between can be read. */
const MAX_GAP_BYTES = 2048
/** Long texts need no shared view, and the engine's binding takes sizes of 32 bits. */
const MAX_VIEW_BYTES = 2 ** 24
const TWO_32 = 4_294_967_296

/** Views the memory behind the pointers of long strings. Each view costs more than the text of a string, so neighbours share one. */
function regionReader(strings: ArrayBuffer, count: number, validity: Validity) {
  const words = new Uint32Array(strings, 0, count * 4)
  const addressOf = (index: number) => (words[index * 4 + 3] ?? 0) * TWO_32 + (words[index * 4 + 2] ?? 0)
  let from = 0
  let to = 0
  let region: Buffer = Buffer.alloc(0)
  const view = (first: number) => {
    let lowest = first
    from = addressOf(first)
    to = from + (words[first * 4] ?? 0)
    for (let index = first + 1; index < count; index++) {
      const length = words[index * 4] ?? 0
      if (length <= MAX_INLINE_BYTES) continue
      if (validity !== null && ((validity[index >> 3] ?? 0) & (1 << (index & 7))) === 0) continue
      const start = addressOf(index)
      if (start > to + MAX_GAP_BYTES || start + length < from - MAX_GAP_BYTES) break
      const end = Math.max(to, start + length)
      if (end - Math.min(from, start) > MAX_VIEW_BYTES) break
      if (start < from) {
        from = start
        lowest = index
      }
      to = end
    }
    const data = duckdb.get_data_from_pointer(strings, lowest * STRING_BYTES + 8, to - from)
    region = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  }
  return {
    read<Item>(index: number, length: number, take: (buffer: Buffer, start: number, end: number) => Item): Item {
      const start = addressOf(index)
      if (start < from || start + length > to) view(index)
      return take(region, start - from, start - from + length)
    },
  }
}
