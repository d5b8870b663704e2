import type { DeltaType } from '../schema/delta-type.ts'

/** A partition value as the log spells it, from the engine's text. Empty text stands for null there. */
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

/** Exactly six digits of a second. */
function microText(text: string): string {
  const [whole = '', fraction = ''] = signedYear(text).replace(/\+00$/, '').split('.')
  return `${whole}.${fraction.padEnd(6, '0')}`
}

/** Years before the first, and those of more than four digits, have a sign in Java. */
function signedYear(text: string): string {
  if (!text.includes('(BC)')) return text.replace(/^(?=\d{5,}-)/, '+')
  return text.replace(/ \(BC\)/, '').replace(/^\d+/, (year) => {
    const before = Number(year) - 1
    return `${before === 0 ? '' : '-'}${String(before).padStart(4, '0')}`
  })
}
