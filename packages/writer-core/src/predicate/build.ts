import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import type { ComparisonOperator, Expression, FunctionName, Literal, Predicate } from './predicate.ts'

/** An expression, or the name of a column. */
export type Operand = Expression | string
/** An expression, or a constant. A string is a constant here. */
export type Comparand = Expression | Literal

/** Creates an expression for the value of a column. */
export function column(name: string): Expression {
  return { kind: 'column', name }
}

/** Creates a constant. */
export function literal(value: Literal): Expression {
  return { kind: 'literal', value }
}

/** Creates a number from its digits, such as `9007199254740993.25`. It compares exactly with decimals and whole numbers. */
export function decimal(digits: string): Expression {
  return literal({ decimal: digits })
}

/** Creates a function call; a string argument names a column. */
export function call(name: FunctionName, ...args: readonly Operand[]): Expression {
  return { kind: 'function', name, args: args.map(operand) }
}

/** Creates an expression for the text of a top-level key of a JSON column. */
export function jsonField(columnName: string, key: string): Expression {
  return { kind: 'jsonField', column: columnName, key }
}

/** Creates a predicate that is true if every argument is true, also without arguments. */
export function and(...args: readonly Predicate[]): Predicate {
  const [first] = args
  if (first === undefined) return { op: 'true' }
  return args.length === 1 ? first : { op: 'and', args }
}

/** Creates a predicate that is true if at least one argument is true; false without arguments. */
export function or(...args: readonly Predicate[]): Predicate {
  const [first] = args
  if (first === undefined) return { op: 'false' }
  return args.length === 1 ? first : { op: 'or', args }
}

/** Creates the negation of a predicate; the negation of unknown is unknown. */
export function not(arg: Predicate): Predicate {
  return { op: 'not', arg }
}

export function eq(left: Operand, right: Comparand): Predicate {
  return compare('=', left, right)
}

export function ne(left: Operand, right: Comparand): Predicate {
  return compare('!=', left, right)
}

export function lt(left: Operand, right: Comparand): Predicate {
  return compare('<', left, right)
}

export function lte(left: Operand, right: Comparand): Predicate {
  return compare('<=', left, right)
}

export function gt(left: Operand, right: Comparand): Predicate {
  return compare('>', left, right)
}

export function gte(left: Operand, right: Comparand): Predicate {
  return compare('>=', left, right)
}

/** Creates a membership test. It is unknown if the value is null, or if it is not in the list and the list contains a null. */
export function isIn(value: Operand, list: readonly Literal[]): Predicate {
  return { op: 'in', value: operand(value), list }
}

/** Creates a range test; both ends are included. */
export function between(value: Operand, low: Comparand, high: Comparand): Predicate {
  return { op: 'between', value: operand(value), low: comparand(low), high: comparand(high) }
}

export function isNull(value: Operand): Predicate {
  return { op: 'isNull', value: operand(value) }
}

export function isNotNull(value: Operand): Predicate {
  return not(isNull(value))
}

/** Creates a LIKE test: `%` matches any characters, `_` matches one, `\` escapes. */
export function like(
  value: Operand,
  pattern: string,
  options: { readonly ignoreCase?: boolean | undefined } = {},
): Predicate {
  assertOptions('like', options, { ignoreCase: option.flag })
  const { ignoreCase } = options
  return { op: 'like', value: operand(value), pattern, ...(ignoreCase && { ignoreCase }) }
}

/** Creates a test with a regular expression in RE2 syntax, which may match anywhere in the text. */
export function matches(value: Operand, pattern: string): Predicate {
  return { op: 'matches', value: operand(value), pattern }
}

function compare(operator: ComparisonOperator, left: Operand, right: Comparand): Predicate {
  return { op: 'compare', operator, left: operand(left), right: comparand(right) }
}

/** Converts an operand to an expression: a string names a column. */
export function operand(value: Operand): Expression {
  return typeof value === 'string' ? column(value) : value
}

function comparand(value: Comparand): Expression {
  return isExpression(value) ? value : literal(value)
}

function isExpression(value: Comparand): value is Expression {
  return typeof value === 'object' && value !== null && 'kind' in value
}
