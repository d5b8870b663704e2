import { WriterSchemaError } from '../errors/kinds.ts'
import { type ColumnType, type DecimalShape, decimalType, exactShape, isDecimal } from '../log/column-type.ts'
import { type Decimal, decimalOf, digitsOf, parseDecimal } from '../log/decimal.ts'
import type { Expression } from './predicate.ts'

/** An expression that is not null in every row. */
export interface TypedExpression {
  readonly expression: Expression
  readonly type: ColumnType
}

const MAX_DIGITS = 38

/**
 * The type in which numbers are compared, or of which one is chosen: doubles if one that is not a constant is a double, else exact. Constants are exact
 * by their digits next to decimals, and to whole numbers that they are compared with.
 * Throws WriterSchemaError if no decimal of 38 digits holds the values of all.
 */
export function numberType(typed: readonly TypedExpression[], isComparison: boolean): ColumnType {
  const [first] = typed
  if (first && typed.every(({ type }) => type === first.type)) return first.type
  const constants = typed.flatMap(({ expression }) => exactLiteral(expression) ?? [])
  const others = typed.filter(({ expression }) => exactLiteral(expression) === undefined)
  if (others.some(({ type }) => exactShape(type) === undefined)) return 'double'
  if (!typed.some(({ type }) => isDecimal(type))) {
    if (typed.every(({ type }) => exactShape(type) !== undefined)) return 'int64'
    if (!isComparison || others.length === 0) return 'double'
  }
  const shape =
    others.length === 0 ? undefined : assertWidth(joinedShape(others.flatMap(({ type }) => exactShape(type) ?? [])))
  const all = joinedShape([...(shape ? [shape] : []), ...constants.map(digitsOf)])
  if (!isComparison) assertWidth(all)
  return decimalType(all.precision, all.scale)
}

/** The exact number that a constant stands for; undefined for other expressions, NaN and the infinities. */
export function exactLiteral(expression: Expression): Decimal | undefined {
  if (expression.kind !== 'literal') return undefined
  const { value } = expression
  if (typeof value === 'number' || typeof value === 'bigint') return decimalOf(value)
  return typeof value === 'object' && value !== null && 'decimal' in value ? parseDecimal(value.decimal) : undefined
}

/** The decimal that holds every value of all. */
export function joinedShape(shapes: readonly DecimalShape[]): DecimalShape {
  const scale = Math.max(0, ...shapes.map((shape) => shape.scale))
  const whole = Math.max(0, ...shapes.map((shape) => shape.precision - shape.scale))
  return { precision: Math.max(1, whole + scale), scale }
}

// Whole numbers of 128 bits have 39 digits.
function assertWidth(shape: DecimalShape): DecimalShape {
  if (shape.precision <= MAX_DIGITS + (shape.scale === 0 ? 1 : 0)) return shape
  throw new WriterSchemaError(`no number of ${MAX_DIGITS} digits holds the values of both sides`, {
    committed: 'no',
    context: { precision: shape.precision, scale: shape.scale },
    suggestions: ['Compare each side with a constant instead.'],
  })
}
