import type { ColumnDefinition, ColumnType, Expression, Literal, Predicate } from '@forge/writer-core'
import {
  comparisonType,
  decimalText,
  exactComparison,
  exactLiteral,
  exactShape,
  expressionType,
  findColumn,
  isNested,
  microsFromDate,
  parseMicros,
} from '@forge/writer-core/storage'
import { allOf, anyOf, attribute, call, cast, flag, literal, nullOf, type PlanExpression, text } from './expressions.ts'

/**
 * Returns a condition that has the same truth for every row as the predicate; undefined if the server has no such condition, and core must test the
 * rows. The predicate must have passed `assertPredicate`.
 */
export function compilePredicate(
  predicate: Predicate,
  columns: readonly ColumnDefinition[],
): PlanExpression | undefined {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return flag(predicate.op === 'true')
    case 'and':
    case 'or': {
      const parts = allOrNone(predicate.args.map((arg) => compilePredicate(arg, columns)))
      return parts && (predicate.op === 'and' ? allOf(parts) : anyOf(parts))
    }
    case 'not': {
      const inner = compilePredicate(predicate.arg, columns)
      return inner && call('not', inner)
    }
    case 'isNull': {
      const value = columnOf(predicate.value, columns)
      return value && call('isnull', attribute(value.name))
    }
    case 'compare':
    case 'in':
    case 'between':
      return compileComparison(exactComparison(predicate, columns), columns)
    case 'like':
      return compileLike(predicate, columns)
    case 'matches':
      return undefined
  }
}

/**
 * Splits a predicate into a condition for the server and a flag that is true if this is the whole predicate. Rows that the condition excludes never
 * match.
 */
export function splitPredicate(
  predicate: Predicate,
  columns: readonly ColumnDefinition[],
): { readonly condition: PlanExpression; readonly isWhole: boolean } {
  const whole = compilePredicate(predicate, columns)
  if (whole !== undefined) return { condition: whole, isWhole: true }
  const parts = predicate.op === 'and' ? predicate.args.flatMap((arg) => compilePredicate(arg, columns) ?? []) : []
  return { condition: allOf(parts), isWhole: false }
}

const OPERATORS = { '=': '==', '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const

function compileComparison(predicate: Predicate, columns: readonly ColumnDefinition[]): PlanExpression | undefined {
  switch (predicate.op) {
    case 'compare': {
      const [left, right] = compileSides([predicate.left, predicate.right], columns) ?? []
      if (!left || !right) return undefined
      // The protocol has no function for `!=`.
      if (predicate.operator === '!=') return call('not', call('==', left, right))
      return call(OPERATORS[predicate.operator], left, right)
    }
    case 'between': {
      const [value, low, high] = compileSides([predicate.value, predicate.low, predicate.high], columns) ?? []
      return value && low && high && call('and', call('>=', value, low), call('<=', value, high))
    }
    case 'in': {
      if (predicate.list.length === 0) return flag(false)
      const constants = predicate.list.map((value): Expression => ({ kind: 'literal', value }))
      const sides = compileSides([predicate.value, ...constants], columns)
      return sides && call('in', ...sides)
    }
    default:
      return compilePredicate(predicate, columns)
  }
}

/** Compiles columns and constants in the type in which they are compared. */
function compileSides(
  sides: readonly Expression[],
  columns: readonly ColumnDefinition[],
): readonly PlanExpression[] | undefined {
  const type = comparisonType(sides, columns)
  if (type === undefined) return undefined
  return allOrNone(
    sides.map((side) => {
      if (side.kind === 'literal') return compileLiteral(side.value, type)
      const value = compileColumn(side, columns)
      return value && castFor(value, expressionType(side, columns), type)
    }),
  )
}

/** Casts a column to the type of a comparison, in which numbers of several types meet as doubles or as exact numbers. */
function castFor(value: PlanExpression, own: ColumnType | undefined, type: ColumnType): PlanExpression {
  if (type === 'double') return own === 'double' ? value : cast(value, 'double')
  return type === 'timestamp' && own === 'date' ? cast(value, 'timestamp') : value
}

/** Returns the column that an expression stands for; undefined for other expressions, which core computes. */
function columnOf(expression: Expression, columns: readonly ColumnDefinition[]): ColumnDefinition | undefined {
  return expression.kind === 'column' ? findColumn(expression.name, columns) : undefined
}

/** Returns a column in the form in which core compares its values; undefined for expressions that core computes. */
export function compileColumn(
  expression: Expression,
  columns: readonly ColumnDefinition[],
): PlanExpression | undefined {
  const column = columnOf(expression, columns)
  // The server's JSON text of nested values need not be that of core.
  if (!column || isNested(column.type)) return undefined
  const value = attribute(column.name)
  if (column.type === 'binary') return call('lower', call('hex', value))
  return column.type === 'float' ? cast(value, 'double') : value
}

const [MIN_LONG, MAX_LONG] = [-(2n ** 63n), 2n ** 63n - 1n]
const MAX_DIGITS = 38

function compileLiteral(value: Literal, type: ColumnType): PlanExpression | undefined {
  if (value === null) return nullOf(NULL_TYPES[type] ?? 'decimal(38,0)')
  if (type === 'timestamp' || type === 'date') {
    const micros = value instanceof Date ? microsOf(value) : parseMicros(String(value), { assumeUtc: true })
    return micros === undefined ? undefined : literal({ case: 'timestamp', value: micros })
  }
  if (typeof value === 'string') return text(value)
  if (typeof value === 'boolean') return flag(value)
  if (type === 'double') {
    return typeof value === 'object' ? undefined : literal({ case: 'double', value: withoutSign(Number(value)) })
  }
  const exact = exactShape(type) && exactLiteral({ kind: 'literal', value })
  if (!exact) return undefined
  if (exact.scale === 0 && exact.unscaled >= MIN_LONG && exact.unscaled <= MAX_LONG) {
    return literal({ case: 'long', value: exact.unscaled })
  }
  const digits = String(exact.unscaled).replace('-', '').length
  if (Math.max(digits, exact.scale) > MAX_DIGITS) return undefined
  return literal({
    case: 'decimal',
    value: { value: decimalText(exact), precision: Math.max(digits, exact.scale), scale: exact.scale },
  })
}

const NULL_TYPES: Readonly<Partial<Record<ColumnType, string>>> = {
  timestamp: 'timestamp',
  date: 'timestamp',
  string: 'string',
  json: 'string',
  boolean: 'boolean',
  double: 'double',
}

/** Returns a zero without its sign. The server skips parts of files as if the two zeros were different. */
function withoutSign(value: number): number {
  return value + 0
}

function microsOf(date: Date): bigint | undefined {
  return Number.isNaN(date.getTime()) ? undefined : microsFromDate(date)
}

function compileLike(
  { value, pattern, ignoreCase }: Extract<Predicate, { op: 'like' }>,
  columns: readonly ColumnDefinition[],
): PlanExpression | undefined {
  // Core and the server have different rules of letter case, and the server rejects a pattern that escapes a letter.
  if (ignoreCase || /\\(?![%_\\])/.test(pattern.replaceAll(/\\[%_\\]/g, ''))) return undefined
  // The server tries every way to divide a text among several `%`; core needs one pass.
  if ((pattern.replaceAll(/\\./gs, '').match(/%+(?!%|$)/g) ?? []).length > 1) return undefined
  const column = columnOf(value, columns)
  const compiled = column?.type === 'string' || column?.type === 'json' ? attribute(column.name) : undefined
  return compiled && call('like', compiled, text(pattern))
}

function allOrNone<Item>(items: readonly (Item | undefined)[]): readonly Item[] | undefined {
  const present = items.flatMap((item) => (item === undefined ? [] : [item]))
  return present.length === items.length ? present : undefined
}
