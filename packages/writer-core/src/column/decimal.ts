import type { DecimalShape } from './column-type.ts'

/** An exact number: `unscaled` / 10^`scale`. */
export interface Decimal {
  readonly unscaled: bigint
  readonly scale: number
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/
/** The maximum length of text that is parsed as a number. */
const MAX_CHARACTERS = 2000

/** Parses a number exactly; returns undefined if the text is not a number. */
export function parseDecimal(text: string): Decimal | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    (text.length <= MAX_CHARACTERS && DECIMAL.exec(text)) || []
  if (sign === undefined || whole.length + fraction.length === 0) return undefined
  const digits = BigInt(whole + fraction)
  const scale = fraction.length - Number(exponent)
  const unscaled = sign === '-' ? -digits : digits
  return scale >= 0 ? { unscaled, scale } : { unscaled: unscaled * powerOfTen(-scale), scale: 0 }
}

/** Returns the number as digits with a decimal point and `scale` digits after it. */
export function decimalText({ unscaled, scale }: Decimal): string {
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** Returns the unscaled number at another scale; undefined if digits would be lost. */
export function rescale({ unscaled, scale }: Decimal, to: number): bigint | undefined {
  if (to >= scale) return unscaled * powerOfTen(to - scale)
  const divisor = powerOfTen(scale - to)
  return unscaled % divisor === 0n ? unscaled / divisor : undefined
}

/** Returns the unscaled number at another scale, rounded down. */
export function floorAt({ unscaled, scale }: Decimal, to: number): bigint {
  if (to >= scale) return unscaled * powerOfTen(to - scale)
  const divisor = powerOfTen(scale - to)
  const quotient = unscaled / divisor
  return unscaled < 0n && quotient * divisor !== unscaled ? quotient - 1n : quotient
}

/** Compares two numbers: negative, 0 or positive. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale)
  const [left, right] = [floorAt(a, scale), floorAt(b, scale)]
  return left < right ? -1 : left > right ? 1 : 0
}

const MAX_INT128 = 2n ** 127n - 1n

/** Returns the greatest unscaled number of a decimal type. */
export function greatestUnscaled({ precision }: DecimalShape): bigint {
  return precision > 38 ? MAX_INT128 : powerOfTen(precision) - 1n
}

/** Returns the unscaled number of a value in the type; undefined if the type does not hold it exactly. */
export function unscaledOf(value: Decimal, shape: DecimalShape): bigint | undefined {
  const unscaled = rescale(value, shape.scale)
  if (unscaled === undefined) return undefined
  const greatest = greatestUnscaled(shape)
  return unscaled <= greatest && unscaled >= -greatest ? unscaled : undefined
}

/** Returns the exact number of a value; that of a double with a fraction is its shortest decimal form. Undefined for NaN and infinities. */
export function decimalOf(value: number | bigint): Decimal | undefined {
  if (typeof value === 'bigint') return { unscaled: value, scale: 0 }
  if (!Number.isFinite(value)) return undefined
  // The shortest digits of a whole number beyond 2^53 are those of a neighbour.
  return Number.isInteger(value) ? { unscaled: BigInt(value), scale: 0 } : parseDecimal(String(value))
}

/** Returns the nearest double. */
export function doubleOf(value: Decimal): number {
  return value.scale === 0 ? Number(value.unscaled) : Number(decimalText(value))
}

/** Returns the digits that the number needs; one digit before the decimal point if it has none after it. */
export function digitsOf({ unscaled, scale }: Decimal): DecimalShape {
  const digits = unscaled === 0n ? 0 : String(unscaled < 0n ? -unscaled : unscaled).length
  return { precision: Math.max(digits, scale, 1), scale }
}

const POWERS: bigint[] = [1n]

export function powerOfTen(exponent: number): bigint {
  for (let at = POWERS.length; at <= exponent; at++) POWERS.push((POWERS[at - 1] ?? 1n) * 10n)
  return POWERS[exponent] ?? 10n ** BigInt(exponent)
}
