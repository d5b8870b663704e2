import type { Expr, ExprBinary, ExprCall, ExprUnary } from 'pgsql-ast-parser'
import { literal } from '../build.ts'
import type { ComparisonOperator, Expression, Literal, Predicate } from '../predicate.ts'
import { problemAt } from './problem.ts'
import type { SqlText } from './sql-text.ts'
import { constant, toExpression } from './to-expression.ts'

/** Converts a syntax tree to a predicate; `text` is the whole text. */
export function toPredicate(node: Expr, text: SqlText): Predicate {
  switch (node.type) {
    case 'boolean':
      return { op: node.value ? 'true' : 'false' }
    case 'binary':
      return binary(node, text)
    case 'unary':
      return unary(node, text)
    case 'ternary': {
      const [value, low, high] = [node.value, node.lo, node.hi].map((part) => toExpression(part, text))
      if (!value || !low || !high) throw problemAt(node, text, 'BETWEEN takes two ends')
      return negatedIf(node.op === 'NOT BETWEEN', { op: 'between', value, low, high })
    }
    case 'call':
      return MATCHERS.has(node.function.name.toLowerCase()) ? matcherCall(node, text) : isTrue(toExpression(node, text))
    case 'ref':
    case 'case':
      return isTrue(toExpression(node, text))
    default:
      toExpression(node, text)
      throw problemAt(node, text, 'expected a condition, not a value')
  }
}

const MATCHERS = new Set(['matches', 'regexp_matches', 'regexp_like'])

function binary(node: ExprBinary, text: SqlText): Predicate {
  switch (node.op) {
    case 'AND':
    case 'OR': {
      const op = node.op === 'AND' ? 'and' : 'or'
      return { op, args: chain(node, node.op).map((part) => toPredicate(part, text)) }
    }
    case '=':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compare(node.op, toExpression(node.left, text), toExpression(node.right, text))
    case 'IN':
    case 'NOT IN':
      return negatedIf(node.op === 'NOT IN', {
        op: 'in',
        value: toExpression(node.left, text),
        list: constants(node.right, text),
      })
    case 'LIKE':
    case 'NOT LIKE':
    case 'ILIKE':
    case 'NOT ILIKE': {
      const [value, pattern] = [toExpression(node.left, text), patternOf(node.right, text)]
      const ignoreCase = node.op.endsWith('ILIKE')
      return negatedIf(node.op.startsWith('NOT'), { op: 'like', value, pattern, ...(ignoreCase && { ignoreCase }) })
    }
    case '~':
    case '~*':
    case '!~':
    case '!~*':
      return matching(node, text)
    default:
      toExpression(node, text)
      throw problemAt(node, text, 'expected a condition, not a value')
  }
}

function matching({ op, left, right }: ExprBinary, text: SqlText): Predicate {
  const pattern = `${op.endsWith('*') ? '(?i)' : ''}${patternOf(right, text)}`
  return negatedIf(op.startsWith('!'), { op: 'matches', value: toExpression(left, text), pattern })
}

/** Returns the operands of `a AND b AND c`, which the parser nests to the left. */
function chain(node: ExprBinary, op: 'AND' | 'OR'): Expr[] {
  const parts: Expr[] = []
  let rest: Expr = node
  while (rest.type === 'binary' && rest.op === op) {
    parts.unshift(rest.right)
    rest = rest.left
  }
  return [rest, ...parts]
}

function unary(node: ExprUnary, text: SqlText): Predicate {
  switch (node.op) {
    case 'NOT':
      return { op: 'not', arg: toPredicate(node.operand, text) }
    case 'IS NULL':
    case 'IS NOT NULL':
      return negatedIf(node.op === 'IS NOT NULL', { op: 'isNull', value: toExpression(node.operand, text) })
    case 'IS TRUE':
    case 'IS NOT TRUE':
      return testTruth(toPredicate(node.operand, text), node.op === 'IS TRUE')
    case 'IS FALSE':
    case 'IS NOT FALSE':
      return testTruth({ op: 'not', arg: toPredicate(node.operand, text) }, node.op === 'IS FALSE')
    case '+':
    case '-':
      throw problemAt(node, text, 'expected a condition, not a value')
  }
}

/** Creates a predicate that says whether `when` is true (or is not true); it is never unknown. */
function testTruth(when: Predicate, isTrueWanted: boolean): Predicate {
  const [then, otherwise] = [literal(true), literal(false)]
  return compare('=', { kind: 'case', when, then, else: otherwise }, literal(isTrueWanted))
}

function matcherCall(node: ExprCall, text: SqlText): Predicate {
  const [value, pattern, ...more] = node.args
  if (!value || !pattern || more.length > 0)
    throw problemAt(node, text, `${node.function.name} takes a text and a pattern`)
  return { op: 'matches', value: toExpression(value, text), pattern: patternOf(pattern, text) }
}

function patternOf(node: Expr, text: SqlText): string {
  if (node.type === 'string') return node.value
  throw problemAt(node, text, 'a pattern must be a constant in single quotes')
}

function constants(node: Expr, text: SqlText): Literal[] {
  const items = node.type === 'list' ? node.expressions : [node]
  return items.map((item) => {
    const value = constant(item, text)
    if (value === undefined) throw problemAt(item, text, 'IN takes a list of constants')
    return value
  })
}

function isTrue(value: Expression): Predicate {
  return compare('=', value, literal(true))
}

function compare(operator: ComparisonOperator, left: Expression, right: Expression): Predicate {
  return { op: 'compare', operator, left, right }
}

function negatedIf(isNegated: boolean, predicate: Predicate): Predicate {
  return isNegated ? { op: 'not', arg: predicate } : predicate
}
