import type { DeltaType } from '../schema/delta-type.ts'

/** Converts the engine's text of a partition value to the spelling of the log. Empty text means null there. */
export function partitionValueText(text: string, type: DeltaType): string | null {
  if (text === '') return null
  if (type.kind !== 'primitive') return text
  switch (type.name) {
    case 'date':
      return signedYear(text)
    case 'timestamp':
      return `${microText(text).replace(' ', 'T')}Z`
    case 'timestamp_ntz':
      return microText(text)
    case 'float':
    case 'double':
      return text.replace(/^(-?)inf$/, '$1Infinity').replace(/^nan$/, 'NaN')
    default:
      return text
  }
}

/** Formats the fraction of a second with exactly six digits. */
function microText(text: string): string {
  const [whole = '', fraction = ''] = signedYear(text).replace(/\+00$/, '').split('.')
  return `${whole}.${fraction.padEnd(6, '0')}`
}

/** Adds the sign that Java expects to years before year 1 and years of more than four digits. */
function signedYear(text: string): string {
  if (!text.includes('(BC)')) return text.replace(/^(?=\d{5,}-)/, '+')
  return text.replace(/ \(BC\)/, '').replace(/^\d+/, (year) => {
    const before = Number(year) - 1
    return `${before === 0 ? '' : '-'}${String(before).padStart(4, '0')}`
  })
}
