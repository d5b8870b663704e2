import type { Expression, Predicate } from '@forge/writer-core'

/**
 * Returns whether the predicate is unknown in every row in which the column is null. Then neither the predicate nor its negation matches such a row,
 * so no condition on nulls is needed.
 */
export function isUnknownForNull(predicate: Predicate, column: string): boolean {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return predicate.args.length > 0 && predicate.args.every((arg) => isUnknownForNull(arg, column))
    case 'not':
      return isUnknownForNull(predicate.arg, column)
    case 'compare':
      return isNullForNull(predicate.left, column) || isNullForNull(predicate.right, column)
    case 'between':
    case 'like':
    case 'matches':
      return isNullForNull(predicate.value, column)
    case 'in':
      // An empty list contains nothing, not even null.
      return predicate.list.length > 0 && isNullForNull(predicate.value, column)
    case 'isNull':
    case 'true':
    case 'false':
      return false
  }
}

function isNullForNull(expression: Expression, column: string): boolean {
  switch (expression.kind) {
    case 'column':
      return expression.name === column
    case 'jsonField':
      return expression.column === column
    case 'arithmetic':
      return isNullForNull(expression.left, column) || isNullForNull(expression.right, column)
    case 'function':
      return expression.name !== 'coalesce' && expression.args.some((arg) => isNullForNull(arg, column))
    case 'case':
    case 'literal':
      return false
  }
}
