import type { Validity } from './log-batch.ts'

/** Returns whether value `index` is not null. */
export function isValid(validity: Validity, index: number): boolean {
  return validity === null || ((validity[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
}

/** Returns whether none of the first `count` values is null. */
export function hasNoNull(validity: Validity, count: number): boolean {
  if (validity === null) return true
  for (let index = 0; index < count; index++) if (!isValid(validity, index)) return false
  return true
}

/** Returns whether all of the first `count` values are null. */
export function isAllNull(validity: Validity, count: number): boolean {
  if (validity === null) return count === 0
  for (let byte = 0; byte < count >> 3; byte++) if (validity[byte] !== 0) return false
  for (let index = (count >> 3) << 3; index < count; index++) if (isValid(validity, index)) return false
  return true
}

/** Returns the size in bytes of a bitmap of `count` values, padded to 64-bit words. */
function validityBytes(count: number): number {
  return ((count + 63) >> 6) << 3
}

/** Collects which values are null; creates a bitmap only if at least one is. */
export interface ValidityBuilder {
  markNull(index: number): void
  finish(count: number): Validity
  clear(): void
}

export function validityBuilder(): ValidityBuilder {
  let nulls = new Uint8Array(0)
  let hasNulls = false
  return {
    markNull(index) {
      hasNulls = true
      const byte = index >> 3
      if (byte >= nulls.length) {
        const grown = new Uint8Array(Math.max(64, validityBytes(index + 1), nulls.length * 2))
        grown.set(nulls)
        nulls = grown
      }
      nulls[byte] = (nulls[byte] ?? 0) | (1 << (index & 7))
    },
    finish(count) {
      if (!hasNulls) return null
      const bits = new Uint8Array(validityBytes(count))
      for (let byte = 0; byte < bits.length; byte++) bits[byte] = ~(nulls[byte] ?? 0)
      return bits
    },
    clear() {
      hasNulls = false
      nulls.fill(0)
    },
  }
}
