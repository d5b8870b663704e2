import type { Value } from '@forge/writer-core'
import * as text from '@forge/writer-core/text'

/** Returns a stored value as text; null is empty. */
export function valueText(value: Value | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}

/** Returns a number such as `1,234,567`; empty for null. */
export const countText = emptyForNull(text.countText)

/** Returns seconds such as `4 ms`, `12.3 s`, `2 min 05 s` or `3 h 02 min`; empty for null. */
export const durationText = emptyForNull(text.durationText)

/** Returns a percentage such as `97.5 %`; empty for null. */
export const percentText = emptyForNull(text.percentText)

/** Leaves cells of tables empty: columns without any text are not shown. */
function emptyForNull(format: (value: number) => string): (value: Value | undefined) => string {
  return (value) => (value === null || value === undefined ? '' : format(Number(value)))
}
