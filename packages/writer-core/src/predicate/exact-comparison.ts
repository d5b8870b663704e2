import type { ColumnDefinition } from '../column/column-definition.ts'
import { type DecimalShape, exactShape, isDecimal } from '../column/column-type.ts'
import { compareDecimals, type Decimal, decimalText, floorAt, greatestUnscaled, unscaledOf } from '../column/decimal.ts'
import { comparisonType, expressionType } from './expression-type.ts'
import { exactLiteral, joinShapes } from './number-type.ts'
import type { ComparisonOperator, Expression, Literal, Predicate } from './predicate.ts'

type Columns = readonly ColumnDefinition[]
type Compare = Extract<Predicate, { op: 'compare' }>
type Comparison = Extract<Predicate, { op: 'compare' | 'in' | 'between' }>

/**
 * Rewrites a comparison so that its constants fit the types of the other sides, for engines with limited precision: `d = 1.5` is never true for an
 * integer, and `d < 1.5` becomes `d <= 1`. Other comparisons are returned unchanged.
 */
export function exactComparison(predicate: Comparison, columns: Columns): Predicate {
  const target = targetOf(sidesOf(predicate), columns)
  if (target === undefined) return predicate
  switch (predicate.op) {
    case 'compare':
      return exactCompare(predicate, target)
    case 'between': {
      const { value, low, high } = predicate
      const ends = [compare('>=', value, low), compare('<=', value, high)]
      return { op: 'and', args: ends.map((end) => exactComparison(end, columns)) }
    }
    case 'in': {
      const list = predicate.list.flatMap((value): Literal[] => {
        const constant = exactLiteral({ kind: 'literal', value })
        const unscaled = constant && unscaledOf(constant, target.shape)
        if (constant === undefined) return [value]
        return unscaled === undefined ? [] : [literalOf(unscaled, target)]
      })
      return list.length === 0 && predicate.list.length > 0 ? never(predicate.value) : { ...predicate, list }
    }
  }
}

function sidesOf(predicate: Comparison): Expression[] {
  switch (predicate.op) {
    case 'compare':
      return [predicate.left, predicate.right]
    case 'between':
      return [predicate.value, predicate.low, predicate.high]
    case 'in':
      return [predicate.value, ...predicate.list.map((value): Expression => ({ kind: 'literal', value }))]
  }
}

/** The type that constants are converted to. */
interface Target {
  readonly shape: DecimalShape
  readonly isDecimal: boolean
}

/** The target for whole numbers, which the engine compares with 128-bit constants. */
const WHOLE: Target = { shape: { precision: 39, scale: 0 }, isDecimal: false }

function targetOf(sides: readonly Expression[], columns: Columns): Target | undefined {
  const type = comparisonType(sides, columns)
  if (type === undefined || exactShape(type) === undefined) return undefined
  const types = sides.flatMap((side) => (exactLiteral(side) ? [] : (expressionType(side, columns) ?? [])))
  if (types.length === 0) return isDecimal(type) ? { shape: { precision: 0, scale: 0 }, isDecimal: true } : undefined
  if (!types.some(isDecimal)) return WHOLE
  return { shape: joinShapes(types.flatMap((each) => exactShape(each) ?? [])), isDecimal: true }
}

const MIRRORED = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

function exactCompare(predicate: Compare, target: Target): Predicate {
  const { operator, left, right } = predicate
  const [first, second] = [exactLiteral(left), exactLiteral(right)]
  if (first && second) return { op: holds(operator, compareDecimals(first, second)) ? 'true' : 'false' }
  if (first) return exactCompare(compare(MIRRORED[operator], right, left), target)
  return second ? againstConstant(operator, left, second, target) : predicate
}

function againstConstant(
  operator: ComparisonOperator,
  value: Expression,
  constant: Decimal,
  target: Target,
): Predicate {
  const { shape } = target
  const unscaled = unscaledOf(constant, shape)
  if (unscaled !== undefined) {
    return compare(operator, value, { kind: 'literal', value: literalOf(unscaled, target) })
  }
  if (operator === '=') return never(value)
  if (operator === '!=') return always(value)
  const isBelow = operator === '<' || operator === '<='
  const floor = floorAt(constant, shape.scale)
  const greatest = greatestUnscaled(shape)
  if (floor > greatest) return isBelow ? always(value) : never(value)
  if (floor < -greatest) return isBelow ? never(value) : always(value)
  return compare(isBelow ? '<=' : '>', value, { kind: 'literal', value: literalOf(floor, target) })
}

function literalOf(unscaled: bigint, { shape, isDecimal: asDecimal }: Target): Literal {
  if (asDecimal) return { decimal: decimalText({ unscaled, scale: shape.scale }) }
  return Number.isSafeInteger(Number(unscaled)) ? Number(unscaled) : unscaled
}

/** Creates a predicate that is true for every value and unknown for null. */
function always(value: Expression): Predicate {
  return compare('=', value, value)
}

/** Creates a predicate that is false for every value and unknown for null. */
function never(value: Expression): Predicate {
  return compare('!=', value, value)
}

function holds(operator: ComparisonOperator, order: number): boolean {
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

function compare(operator: ComparisonOperator, left: Expression, right: Expression): Compare {
  return { op: 'compare', operator, left, right }
}
