/** A figure of the log or of a report; a missing, NaN or infinite one is unknown. */
export type Figure = number | null | undefined

/** The sign for a figure that is not known, which is not 0. */
export const UNKNOWN = '–'

const WHOLE = new Intl.NumberFormat('en-US')
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })
const BYTE_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Returns a number such as `1,234,567`; `–` if it is not known. */
export function countText(value: Figure): string {
  return isKnown(value) ? WHOLE.format(value) : UNKNOWN
}

/** Returns a number in a few characters, such as `1.2 M`; `–` if it is not known. */
export function shortCount(value: Figure): string {
  if (!isKnown(value)) return UNKNOWN
  if (Math.abs(value) < 10_000) return countText(value)
  return COMPACT.format(value).replace(/(\D)$/, ' $1')
}

/** Returns a count with the words for one or for several, such as `3 steps`. */
export function countOf(count: number, one: string, several: string): string {
  return `${countText(count)} ${count === 1 ? one : several}`
}

/**
 * Returns a percentage with at most 2 decimals, such as `97.5 %`; `–` if it is not known. A share that is not exactly 0 or 100 % is never shown as
 * one of the two.
 */
export function percentText(value: Figure): string {
  if (!isKnown(value)) return UNKNOWN
  if (value < 100 && value >= 99.995) return '> 99.99 %'
  if (value > 0 && value < 0.005) return '< 0.01 %'
  return `${Number(value.toFixed(2))} %`
}

/** Returns a change such as `+12 %`, or `× 8.5` for what grew to several times as much; empty if it is not known or below 1 %. */
export function changeText(percent: Figure): string {
  if (!isKnown(percent) || Math.abs(percent) < 1) return ''
  if (percent >= 300) return `× ${WHOLE.format(Number((1 + percent / 100).toPrecision(2)))}`
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(0)} %`
}

/** Returns a size such as `512 B` or `23.1 MB`; `–` if it is not known. */
export function bytesText(bytes: Figure): string {
  if (!isKnown(bytes)) return UNKNOWN
  if (Math.abs(bytes) < 999.5) return `${Math.round(bytes)} B`
  // What would be rounded to 1000.0 has the next unit.
  const power = BYTE_UNITS.findIndex((_unit, at) => Math.abs(bytes) < 999.95 * 1000 ** (at + 1))
  const at = power < 0 ? BYTE_UNITS.length - 1 : power
  return `${(bytes / 1000 ** (at + 1)).toFixed(1)} ${BYTE_UNITS[at]}`
}

function isKnown(value: Figure): value is number {
  return value !== null && value !== undefined && Number.isFinite(value)
}
