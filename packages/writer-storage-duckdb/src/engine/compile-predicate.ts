import type { ColumnDefinition, Expression, Predicate } from '@forge/writer-core'
import { assertPredicate, exactComparison } from '@forge/writer-core/storage'
import { type CompileScope, compileCompared, compileExpression } from './compile-expression.ts'
import { parameterList, type SqlParameter, type SqlQuery } from './parameters.ts'

/**
 * A predicate as a SQL condition with bound values, `params` continuing those `before` it.
 * Throws as `assertPredicate` does.
 */
export function compilePredicate(
  predicate: Predicate,
  columns: readonly ColumnDefinition[],
  { before = [] }: { readonly before?: readonly SqlParameter[] | undefined } = {},
): SqlQuery {
  assertPredicate(predicate, columns)
  const list = parameterList(before)
  const sql = compileCondition(predicate, { columns, list })
  return { sql, params: list.values }
}

/** {@link compilePredicate} of a predicate that `assertPredicate` lets pass, into an existing list of parameters. */
export function compileCondition(predicate: Predicate, scope: CompileScope): string {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return predicate.op
    case 'and':
    case 'or': {
      if (predicate.args.length === 0) return predicate.op === 'and' ? 'true' : 'false'
      return `(${predicate.args.map((arg) => compileCondition(arg, scope)).join(` ${predicate.op} `)})`
    }
    case 'not':
      return `(not ${compileCondition(predicate.arg, scope)})`
    case 'compare':
    case 'in':
    case 'between':
      return comparisonSql(exactComparison(predicate, scope.columns), scope)
    case 'isNull':
      return `(${compileExpression(predicate.value, scope)} is null)`
    case 'like': {
      const operator = predicate.ignoreCase ? 'ilike' : 'like'
      const value = compileExpression(predicate.value, scope)
      return `(${value} ${operator} ${scope.list.add(predicate.pattern, 'varchar')} escape '\\')`
    }
    case 'matches':
      return `regexp_matches(${compileExpression(predicate.value, scope)}, ${scope.list.add(predicate.pattern, 'varchar')})`
  }
}

/** Returns the SQL of a comparison whose constants have the types of the other sides. It may have been simplified to another predicate. */
function comparisonSql(predicate: Predicate, scope: CompileScope): string {
  switch (predicate.op) {
    case 'compare': {
      const [left, right] = compileCompared([predicate.left, predicate.right], scope)
      return `(${left} ${predicate.operator} ${right})`
    }
    case 'between': {
      const [value, low, high] = compileCompared([predicate.value, predicate.low, predicate.high], scope)
      return `(${value} between ${low} and ${high})`
    }
    case 'in':
      return inSql(predicate, scope)
    default:
      return compileCondition(predicate, scope)
  }
}

function inSql({ value, list }: Extract<Predicate, { op: 'in' }>, scope: CompileScope): string {
  if (list.length === 0) return 'false'
  const constants = list.map((item): Expression => ({ kind: 'literal', value: item }))
  const [sql, ...items] = compileCompared([value, ...constants], scope)
  return `(${sql} in (${items.join(', ')}))`
}
