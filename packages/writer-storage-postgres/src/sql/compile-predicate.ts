import type { ColumnDefinition, Expression, Predicate } from '@forge/writer-core'
import { comparisonType, exactComparison } from '@forge/writer-core/storage'
import { allOrNone } from './all-or-none.ts'
import { compileAs, compileExpression } from './compile-expression.ts'
import type { ParameterList } from './parameters.ts'

/** The columns of a table or of a subquery, and the values of the statement. */
export interface CompileScope {
  readonly columns: readonly ColumnDefinition[]
  readonly list: ParameterList
  /**
   * True if core computes the result when the server finds a value for which it would not have the same result as core, and then fails with an error
   * of class 22. Only then expressions other than columns are compiled. Default false.
   */
  readonly mayFail?: boolean | undefined
  /** Returns a column in SQL. Default: the quoted name. */
  readonly refer?: ((column: ColumnDefinition) => string) | undefined
}

/**
 * Returns a condition in SQL that has the same truth for every row as the predicate; undefined if the server has no such condition, and core must
 * test the rows. The predicate must have passed `assertPredicate`.
 */
export function compilePredicate(predicate: Predicate, scope: CompileScope): string | undefined {
  const count = scope.list.values.length
  const sql = compileCondition(predicate, scope)
  // A statement takes no values that it does not use.
  if (sql === undefined) scope.list.cut(count)
  return sql
}

function compileCondition(predicate: Predicate, scope: CompileScope): string | undefined {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return predicate.op
    case 'and':
    case 'or': {
      if (predicate.args.length === 0) return predicate.op === 'and' ? 'true' : 'false'
      const parts = allOrNone(predicate.args.map((arg) => compilePredicate(arg, scope)))
      return parts && `(${parts.join(` ${predicate.op} `)})`
    }
    case 'not': {
      const inner = compilePredicate(predicate.arg, scope)
      return inner && `(not ${inner})`
    }
    case 'isNull': {
      const value = compileExpression(predicate.value, scope)
      return value && `(${value} is null)`
    }
    case 'compare':
    case 'in':
    case 'between':
      return compileComparison(exactComparison(predicate, scope.columns), scope)
    case 'like':
      return compileLike(predicate, scope)
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
  scope: CompileScope,
): { readonly sql: string; readonly isWhole: boolean } {
  const whole = compilePredicate(predicate, scope)
  if (whole !== undefined) return { sql: whole, isWhole: true }
  const parts = predicate.op === 'and' ? predicate.args.flatMap((arg) => compilePredicate(arg, scope) ?? []) : []
  return { sql: parts.length > 0 ? `(${parts.join(' and ')})` : 'true', isWhole: false }
}

function compileComparison(predicate: Predicate, scope: CompileScope): string | undefined {
  switch (predicate.op) {
    case 'compare': {
      const sides = compileSides([predicate.left, predicate.right], scope)
      return sides && `(${sides[0]} ${predicate.operator === '!=' ? '<>' : predicate.operator} ${sides[1]})`
    }
    case 'between': {
      const sides = compileSides([predicate.value, predicate.low, predicate.high], scope)
      return sides && `(${sides[0]} between ${sides[1]} and ${sides[2]})`
    }
    case 'in': {
      if (predicate.list.length === 0) return 'false'
      const constants = predicate.list.map((value): Expression => ({ kind: 'literal', value }))
      const sides = compileSides([predicate.value, ...constants], scope)
      return sides && `(${sides[0]} in (${sides.slice(1).join(', ')}))`
    }
    default:
      return compilePredicate(predicate, scope)
  }
}

/** Compiles expressions and constants in the type in which they are compared. */
function compileSides(sides: readonly Expression[], scope: CompileScope): readonly string[] | undefined {
  const type = comparisonType(sides, scope.columns)
  return type && allOrNone(sides.map((side) => compileAs(side, type, scope)))
}

function compileLike(
  { value, pattern, ignoreCase }: Extract<Predicate, { op: 'like' }>,
  scope: CompileScope,
): string | undefined {
  // Core and the server have different rules of letter case, and core rejects a pattern that ends in the escape character.
  if (ignoreCase || pattern.includes('\0') || /(?<!\\)(?:\\\\)*\\$/.test(pattern)) return undefined
  // The server tries every way to divide a text among several `%`; core needs one pass.
  if ((pattern.replaceAll(/\\./gs, '').match(/%+(?!%|$)/g) ?? []).length > 1) return undefined
  const sql = compileExpression(value, scope)
  return sql && `(${sql} like ${scope.list.add(pattern, 'text')} escape '\\')`
}
