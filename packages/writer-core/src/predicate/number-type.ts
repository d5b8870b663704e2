import { type ColumnType, type DecimalShape, decimalType, exactShape, isDecimal } from '../column/column-type.ts'
import { type Decimal, decimalOf, digitsOf, parseDecimal } from '../column/decimal.ts'
import { WriterSchemaError } from '../errors/kinds.ts'
import type { Expression } from './predicate.ts'

/** An expression with a type, so that it is not null for every row. */
export interface TypedExpression {
  readonly expression: Expression
  readonly type: ColumnType
}

const MAX_DIGITS = 38

/**
 * Returns the type in which numbers are compared, or the type of a choice between them: a double if a non-constant is a double, otherwise exact.
 * Constants count by their digits next to decimals, and next to integers in a comparison. Throws WriterSchemaError if no decimal of 38 digits holds
 * all values.
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
    others.length === 0 ? undefined : assertWidth(joinShapes(others.flatMap(({ type }) => exactShape(type) ?? [])))
  const all = joinShapes([...(shape ? [shape] : []), ...constants.map(digitsOf)])
  if (!isComparison) assertWidth(all)
  return decimalType(all.precision, all.scale)
}

/** Returns the exact number of a constant; undefined for other expressions, NaN and infinities. */
export function exactLiteral(expression: Expression): Decimal | undefined {
  if (expression.kind !== 'literal') return undefined
  const { value } = expression
  if (typeof value === 'number' || typeof value === 'bigint') return decimalOf(value)
  return typeof value === 'object' && value !== null && 'decimal' in value ? parseDecimal(value.decimal) : undefined
}

/** Returns the smallest decimal shape that holds every value of all shapes. */
export function joinShapes(shapes: readonly DecimalShape[]): DecimalShape {
  const scale = Math.max(0, ...shapes.map((shape) => shape.scale))
  const whole = Math.max(0, ...shapes.map((shape) => shape.precision - shape.scale))
  return { precision: Math.max(1, whole + scale), scale }
}

// 128-bit integers have 39 digits.
function assertWidth(shape: DecimalShape): DecimalShape {
  if (shape.precision <= MAX_DIGITS + (shape.scale === 0 ? 1 : 0)) return shape
  throw new WriterSchemaError(`no number of ${MAX_DIGITS} digits holds the values of both sides`, {
    committed: 'no',
    context: { precision: shape.precision, scale: shape.scale },
    suggestions: ['Compare each side with a constant instead.'],
  })
}
