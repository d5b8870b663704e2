import { type ColumnType, type DecimalType, decimalShape, exactShape } from '../log/column-type.ts'
import { unscaledOf } from '../log/decimal.ts'
import type { ColumnVector } from './log-batch.ts'
import { isValid } from './validity.ts'

/** Whether a decimal holds every whole number or decimal of a column of that type, to the last digit. */
export function holdsExactly(vector: ColumnVector, type: ColumnType, target: DecimalType): boolean {
  const [from, to] = [exactShape(type), decimalShape(target)]
  if (from === undefined || to === undefined) return false
  if (from.scale <= to.scale && from.precision - from.scale <= to.precision - to.scale) return true
  if (vector.kind !== 'decimal' && vector.kind !== 'int64' && vector.kind !== 'int32') return false
  const { values, validity } = vector
  for (let index = 0; index < values.length; index++) {
    const unscaled = BigInt(values[index] ?? 0)
    if (isValid(validity, index) && unscaledOf({ unscaled, scale: from.scale }, to) === undefined) return false
  }
  return true
}
