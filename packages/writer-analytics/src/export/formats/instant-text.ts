import { isoFromMicros } from '@forge/writer-core/storage'

const DAY_MICROS = 86_400_000_000
const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'))
const THREE = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'))

/**
 * Returns a function like core's `isoFromMicros`, but faster for many values: neighbours often have the same date, and most instants fit into a
 * double.
 */
export function instantTexts(): (micros: bigint) => string {
  let knownDay = Number.NaN
  let knownDate = ''
  return (micros) => {
    const value = Number(micros)
    if (!Number.isSafeInteger(value)) return isoFromMicros(micros)
    const day = Math.floor(value / DAY_MICROS)
    if (day !== knownDay) {
      knownDay = day
      knownDate = isoFromMicros(BigInt(day) * BigInt(DAY_MICROS)).slice(0, -16)
    }
    const rest = value - day * DAY_MICROS
    const seconds = Math.floor(rest / 1_000_000)
    const fraction = rest - seconds * 1_000_000
    const minutes = Math.floor(seconds / 60)
    const time = `${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}:${TWO[seconds % 60]}`
    return `${knownDate}${time}.${THREE[Math.floor(fraction / 1000)]}${THREE[fraction % 1000]}Z`
  }
}
