const BASE = 10_000n
const DIGITS_OF_BASE = 4
const NEGATIVE = 0x4000

/** Returns a number in the binary form of `numeric`: digits of base 10,000. */
export function numericBytes(unscaled: bigint, scale: number): Buffer {
  const padding = (DIGITS_OF_BASE - (scale % DIGITS_OF_BASE)) % DIGITS_OF_BASE
  let rest = (unscaled < 0n ? -unscaled : unscaled) * 10n ** BigInt(padding)
  const digits: number[] = []
  for (; rest > 0n; rest /= BASE) digits.push(Number(rest % BASE))
  digits.reverse()
  const bytes = Buffer.alloc(8 + digits.length * 2)
  bytes.writeInt16BE(digits.length, 0)
  bytes.writeInt16BE(digits.length === 0 ? 0 : digits.length - 1 - (scale + padding) / DIGITS_OF_BASE, 2)
  bytes.writeUInt16BE(unscaled < 0n ? NEGATIVE : 0, 4)
  bytes.writeUInt16BE(scale, 6)
  for (const [at, digit] of digits.entries()) bytes.writeInt16BE(digit, 8 + at * 2)
  return bytes
}
