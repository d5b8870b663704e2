import type { DeltaType } from '../schema/delta-type.ts'

const DEFAULT_PARTITION = '__HIVE_DEFAULT_PARTITION__'

/** A partition value as the log spells it, from the engine's text. */
export function partitionValueText(text: string, type: DeltaType): string | null {
  if (text === '' || text === DEFAULT_PARTITION) return null
  if (type.kind !== 'primitive') return text
  switch (type.name) {
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
  const [whole = '', fraction = ''] = text.replace(/\+00$/, '').split('.')
  return `${whole}.${fraction.padEnd(6, '0')}`
}
