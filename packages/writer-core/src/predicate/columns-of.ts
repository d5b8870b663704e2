import type { Expression, Predicate } from './predicate.ts'

/** Returns the names of the columns that a predicate reads, each once. */
export function predicateColumns(predicate: Predicate): string[] {
  return [...new Set(ofPredicate(predicate))]
}

/** Returns the names of the columns that an expression reads, each once. */
export function expressionColumns(expression: Expression): string[] {
  return [...new Set(ofExpression(expression))]
}

function ofPredicate(predicate: Predicate): string[] {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return []
    case 'and':
    case 'or':
      return predicate.args.flatMap(ofPredicate)
    case 'not':
      return ofPredicate(predicate.arg)
    case 'compare':
      return [...ofExpression(predicate.left), ...ofExpression(predicate.right)]
    case 'between':
      return [predicate.value, predicate.low, predicate.high].flatMap(ofExpression)
    case 'in':
    case 'isNull':
    case 'like':
    case 'matches':
      return ofExpression(predicate.value)
  }
}

function ofExpression(expression: Expression): string[] {
  switch (expression.kind) {
    case 'column':
      return [expression.name]
    case 'literal':
      return []
    case 'jsonField':
      return [expression.column]
    case 'arithmetic':
      return [...ofExpression(expression.left), ...ofExpression(expression.right)]
    case 'function':
      return expression.args.flatMap(ofExpression)
    case 'case':
      return [...ofPredicate(expression.when), ...ofExpression(expression.then), ...ofExpression(expression.else)]
  }
}
