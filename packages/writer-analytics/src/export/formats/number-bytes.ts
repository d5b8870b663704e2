import { isoFromMicros } from '@forge/writer-core/storage'
import { appendBytes, appendText, type ByteSink, reserve } from './byte-sink.ts'

const ZERO = 48
const POINT = 46
const COLON = 58
const LETTER_Z = 90
const MAX_INT32 = 2 ** 31 - 1
const TWO_32 = 4_294_967_296
const SECOND_MICROS = 1_000_000
const DAY_MICROS = 86_400_000_000

/** Appends a safe integer in decimal digits. */
export function appendWhole(sink: ByteSink, value: number): void {
  if (value < 0 || value > MAX_INT32) {
    appendText(sink, String(value))
    return
  }
  let count = 1
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) count++
  reserve(sink, count)
  appendDigits(sink, value, count)
}

/** Appends the last `count` digits of a whole number below 2^31. The sink has room for them. */
function appendDigits(sink: ByteSink, value: number, count: number): void {
  const { bytes, length } = sink
  let rest = value
  for (let at = length + count - 1; at >= length; at--) {
    const tenth = (rest / 10) | 0
    bytes[at] = ZERO + (rest - tenth * 10)
    rest = tenth
  }
  sink.length = length + count
}

/**
 * Returns a function that gives value `index` as a double, which is exact if it is a safe integer: reading the halves is several times as fast as a
 * bigint for each value.
 */
export function wholeNumbers(values: BigInt64Array): (index: number) => number {
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  return (index) => (halves[index * 2 + 1] ?? 0) * TWO_32 + ((halves[index * 2] ?? 0) >>> 0)
}

/** Returns a function that appends an instant as core's `isoFromMicros` spells it. Most are of the day of the one before. */
export function instantAppender(): (sink: ByteSink, micros: number) => void {
  let knownDay = Number.NaN
  let known: Uint8Array = new Uint8Array(0)
  return (sink, micros) => {
    const day = Math.floor(micros / DAY_MICROS)
    if (day !== knownDay) {
      knownDay = day
      known = Buffer.from(isoFromMicros(BigInt(day) * BigInt(DAY_MICROS)).slice(0, -'00:00:00.000000Z'.length))
    }
    appendBytes(sink, known)
    const rest = micros - day * DAY_MICROS
    const seconds = Math.floor(rest / SECOND_MICROS)
    const minutes = (seconds / 60) | 0
    const hours = (minutes / 60) | 0
    reserve(sink, '00:00:00.000000Z'.length)
    appendDigits(sink, hours, 2)
    sink.bytes[sink.length++] = COLON
    appendDigits(sink, minutes - hours * 60, 2)
    sink.bytes[sink.length++] = COLON
    appendDigits(sink, seconds - minutes * 60, 2)
    sink.bytes[sink.length++] = POINT
    appendDigits(sink, rest - seconds * SECOND_MICROS, 6)
    sink.bytes[sink.length++] = LETTER_Z
  }
}

/** Appends a finite double by its shortest digits, as `String` spells it, and negative zero as `-0.0`. */
export function appendDouble(sink: ByteSink, value: number): void {
  const thousandths = Math.round(value * 1000)
  // Two decimals of at most 15 digits are never the same double, so that these digits are the shortest ones.
  if (thousandths > 0 && thousandths <= MAX_INT32 && thousandths / 1000 === value) appendThousandths(sink, thousandths)
  else appendText(sink, Object.is(value, -0) ? '-0.0' : String(value))
}

function appendThousandths(sink: ByteSink, thousandths: number): void {
  const whole = (thousandths / 1000) | 0
  let fraction = thousandths - whole * 1000
  appendWhole(sink, whole)
  if (fraction === 0) return
  let count = 3
  while (fraction % 10 === 0) {
    fraction = (fraction / 10) | 0
    count--
  }
  reserve(sink, 1 + count)
  sink.bytes[sink.length++] = POINT
  appendDigits(sink, fraction, count)
}
