import {
  type ColumnType,
  type DecimalShape,
  type DecimalType,
  decimalShape,
  exactShape,
} from '../column/column-type.ts'
import { decimalOf, unscaledOf } from '../column/decimal.ts'
import type { ColumnVector } from './log-batch.ts'
import { isValid } from './validity.ts'

/** Returns whether a decimal can take values of the type: exact numbers, and doubles by their shortest digits. */
export function goesIntoDecimal(type: ColumnType): boolean {
  return type === 'double' || exactShape(type) !== undefined
}

/** Returns whether the decimal holds every number of the vector exactly. */
export function holdsExactly(vector: ColumnVector, type: ColumnType, target: DecimalType): boolean {
  const [from, to] = [exactShape(type), decimalShape(target)]
  if (to && vector.kind === 'double') return holdsDoubles(vector, to)
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

function holdsDoubles({ values, validity }: Extract<ColumnVector, { kind: 'double' }>, shape: DecimalShape): boolean {
  return values.every((value, index) => {
    const number = isValid(validity, index) ? decimalOf(value) : ZERO
    return number !== undefined && unscaledOf(number, shape) !== undefined
  })
}

const ZERO = { unscaled: 0n, scale: 0 }
