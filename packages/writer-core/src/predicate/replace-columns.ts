import type { Expression, Predicate } from './predicate.ts'

/**
 * Returns the predicate with expressions instead of columns; undefined when it asks for a column without one, or for a field of a column that becomes
 * more than a column.
 */
export function replaceColumns(
  predicate: Predicate,
  expressionOf: (column: string) => Expression | undefined,
): Predicate | undefined {
  let isWhole = true
  const missing = (expression: Expression): Expression => {
    isWhole = false
    return expression
  }
  const replaced = (expression: Expression): Expression => {
    switch (expression.kind) {
      case 'column':
        return expressionOf(expression.name) ?? missing(expression)
      case 'jsonField': {
        const found = expressionOf(expression.column)
        return found?.kind === 'column' ? { ...expression, column: found.name } : missing(expression)
      }
      case 'arithmetic':
        return { ...expression, left: replaced(expression.left), right: replaced(expression.right) }
      case 'function':
        return { ...expression, args: expression.args.map(replaced) }
      case 'case':
        return {
          ...expression,
          when: inside(expression.when),
          // biome-ignore lint/suspicious/noThenProperty: it is a part of the expression, which nothing awaits
          then: replaced(expression.then),
          else: replaced(expression.else),
        }
      case 'literal':
        return expression
    }
  }
  const inside = (each: Predicate): Predicate => {
    switch (each.op) {
      case 'and':
      case 'or':
        return { ...each, args: each.args.map(inside) }
      case 'not':
        return { ...each, arg: inside(each.arg) }
      case 'compare':
        return { ...each, left: replaced(each.left), right: replaced(each.right) }
      case 'between':
        return { ...each, value: replaced(each.value), low: replaced(each.low), high: replaced(each.high) }
      case 'in':
      case 'isNull':
      case 'like':
      case 'matches':
        return { ...each, value: replaced(each.value) }
      case 'true':
      case 'false':
        return each
    }
  }
  const result = inside(predicate)
  return isWhole ? result : undefined
}
