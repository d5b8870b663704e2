import type { Random } from '@forge/fixtures'
import { REPEATED, WORDS } from './words.ts'

const MAX_REPEATED = 100_000
const MAX_BYTES = 2_000_000

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const changed = Buffer.from(bytes)
    for (let left = 1 + random.below(8); left > 0 && changed.length > 0; left--) {
      changed[random.below(changed.length)] = random.below(256)
    }
    return changed
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
  },
  (bytes, random) => insert(bytes, random, Buffer.from(random.pick(WORDS))),
  (bytes, random) => replaceNumber(bytes, random),
  (bytes, random) => {
    const times = Math.floor(MAX_REPEATED ** (random.below(1000) / 1000))
    return insert(bytes, random, Buffer.from(random.pick(REPEATED).repeat(times)))
  },
  (bytes, random, other) => {
    const [from, to] = range(other, random)
    return insert(bytes, random, other.subarray(from, to))
  },
]

/** Returns the bytes with a few random changes; `other` is another document of which parts may be taken. */
export function mutateBytes(bytes: Buffer, random: Random, other: Buffer): Buffer {
  let changed = bytes
  for (let left = 1 + random.below(4); left > 0; left--) changed = random.pick(MUTATIONS)(changed, random, other)
  return changed.subarray(0, MAX_BYTES)
}

/** Returns the bytes with changes at their end: in Parquet, that describes the rest. */
export function mutateEnd(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes)
  const length = Math.min(changed.length, 8 + random.below(1000))
  for (let left = 1 + random.below(6); left > 0 && length > 0; left--) {
    changed[changed.length - 1 - random.below(length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)])
  }
  return random.chance(0.1) ? changed.subarray(0, changed.length - random.below(length)) : changed
}

function insert(bytes: Buffer, random: Random, added: Buffer): Buffer {
  const at = random.below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)])
}

function range(bytes: Buffer, random: Random): [number, number] {
  const from = random.below(bytes.length + 1)
  return [from, Math.min(bytes.length, from + random.below(1 + Math.floor(bytes.length / 4)))]
}

/** Replaces a number of the text by a word. */
function replaceNumber(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1')
  const found = [...text.matchAll(/-?\d+(?:\.\d+)?/g)]
  if (found.length === 0) return bytes
  const { 0: number, index } = random.pick(found)
  const end = index + number.length
  return Buffer.concat([bytes.subarray(0, index), Buffer.from(random.pick(WORDS)), bytes.subarray(end)])
}
