import { type DecimalType, decimalShape } from '../column/column-type.ts'
import { type Decimal, decimalOf, doubleOf, parseDecimal, unscaledOf } from '../column/decimal.ts'
import { type Limits, numberProblem } from '../column/limits.ts'
import type { ColumnBuilder } from './builder.ts'
import { valueListBuilder } from './value-list.ts'

/** Creates a builder of exact numbers; it takes text, bigints, and doubles by their shortest digits, and never rounds. */
export function decimalBuilder(type: DecimalType, limits: Limits): ColumnBuilder {
  const shape = decimalShape(type) ?? { precision: 38, scale: 0 }
  const expected = `a number with at most ${shape.precision} digits, ${shape.scale} of them after the decimal point`
  return valueListBuilder(
    0n,
    (value) => {
      const number = numberOf(value)
      const stored = number && unscaledOf(number, shape)
      if (number === undefined || stored === undefined) return expected
      return numberProblem(limits, doubleOf(number)) ?? { stored }
    },
    (values, validity) => ({ kind: 'decimal', values, validity }),
  )
}

function numberOf(value: unknown): Decimal | undefined {
  if (typeof value === 'string') return parseDecimal(value)
  return typeof value === 'number' || typeof value === 'bigint' ? decimalOf(value) : undefined
}
