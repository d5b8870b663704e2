import type { Expression, Predicate } from './predicate.ts'

/**
 * Replaces the columns of a predicate by expressions. Returns undefined if there is no expression for a column, or if the predicate reads a JSON
 * field of a column whose expression is not a column.
 */
export function replaceColumns(
  predicate: Predicate,
  expressionOf: (column: string) => Expression | undefined,
): Predicate | undefined {
  let isWhole = true
  const replaceMissing = (expression: Expression): Expression => {
    isWhole = false
    return expression
  }
  const replaceIn = (expression: Expression): Expression => {
    switch (expression.kind) {
      case 'column':
        return expressionOf(expression.name) ?? replaceMissing(expression)
      case 'jsonField': {
        const found = expressionOf(expression.column)
        return found?.kind === 'column' ? { ...expression, column: found.name } : replaceMissing(expression)
      }
      case 'arithmetic':
        return { ...expression, left: replaceIn(expression.left), right: replaceIn(expression.right) }
      case 'function':
        return { ...expression, args: expression.args.map(replaceIn) }
      case 'case':
        return {
          ...expression,
          when: inside(expression.when),
          // biome-ignore lint/suspicious/noThenProperty: this is a field of the expression, which is never awaited
          then: replaceIn(expression.then),
          else: replaceIn(expression.else),
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
        return { ...each, left: replaceIn(each.left), right: replaceIn(each.right) }
      case 'between':
        return { ...each, value: replaceIn(each.value), low: replaceIn(each.low), high: replaceIn(each.high) }
      case 'in':
      case 'isNull':
      case 'like':
      case 'matches':
        return { ...each, value: replaceIn(each.value) }
      case 'true':
      case 'false':
        return each
    }
  }
  const result = inside(predicate)
  return isWhole ? result : undefined
}
