import type { ColumnType } from '@forge/writer-core'
import { compareNatives, isoFromDays, isoFromMicros } from '@forge/writer-core/storage'
import type { WrittenColumn } from './column-bounds.ts'

/** The values of a column. Times are microseconds, dates are days since 1970. */
export type StoredValue = string | number | bigint | boolean

/** Returns what the engine would report on a column with these values. */
export function valueFacts(values: readonly (StoredValue | null)[], type: ColumnType | undefined): WrittenColumn {
  let [min, max]: (StoredValue | undefined)[] = []
  let nullCount = 0
  let hasNaN = false
  for (const value of values) {
    if (value === null) nullCount++
    else if (Number.isNaN(value)) hasNaN = true
    else {
      if (min === undefined || compareNatives(value, min) < 0) min = value
      if (max === undefined || compareNatives(value, max) > 0) max = value
    }
  }
  return { min: valueText(min, type), max: valueText(max, type), nullCount, hasNaN }
}

function valueText(value: StoredValue | undefined, type: ColumnType | undefined): string | undefined {
  if (type === 'timestamp' && typeof value === 'bigint') return isoFromMicros(value)
  if (type === 'date' && typeof value === 'number') return isoFromDays(value)
  return value === undefined ? undefined : String(value)
}
