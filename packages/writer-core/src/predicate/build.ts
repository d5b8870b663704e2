import type { ComparisonOperator, Expression, FunctionName, Literal, Predicate } from './predicate.ts'

/** An expression, or the name of a column. */
export type Operand = Expression | string
/** An expression, or a constant. A string is a constant here. */
export type Comparand = Expression | Literal

/** The value of a column. */
export function column(name: string): Expression {
  return { kind: 'column', name }
}

/** A constant. */
export function literal(value: Literal): Expression {
  return { kind: 'literal', value }
}

/** A number in digits, such as `9007199254740993.25`: all of them count next to decimals and whole numbers. */
export function decimal(digits: string): Expression {
  return literal({ decimal: digits })
}

/** A function of expressions; a string names a column. */
export function call(name: FunctionName, ...args: readonly Operand[]): Expression {
  return { kind: 'function', name, args: args.map(operand) }
}

/** The text of a top-level key of a JSON column. */
export function jsonField(columnName: string, key: string): Expression {
  return { kind: 'jsonField', column: columnName, key }
}

/** True where every part is; true for none. */
export function and(...args: readonly Predicate[]): Predicate {
  const [first] = args
  if (first === undefined) return { op: 'true' }
  return args.length === 1 ? first : { op: 'and', args }
}

/** True where one part is; false for none. */
export function or(...args: readonly Predicate[]): Predicate {
  const [first] = args
  if (first === undefined) return { op: 'false' }
  return args.length === 1 ? first : { op: 'or', args }
}

/** Unknown stays unknown. */
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

/** Unknown where the value is null, or is not found in a list that has a null. */
export function isIn(value: Operand, list: readonly Literal[]): Predicate {
  return { op: 'in', value: operand(value), list }
}

/** Both ends count. */
export function between(value: Operand, low: Comparand, high: Comparand): Predicate {
  return { op: 'between', value: operand(value), low: comparand(low), high: comparand(high) }
}

export function isNull(value: Operand): Predicate {
  return { op: 'isNull', value: operand(value) }
}

export function isNotNull(value: Operand): Predicate {
  return not(isNull(value))
}

/** `%` any run of characters, `_` any one, `\` escapes. */
export function like(value: Operand, pattern: string, { ignoreCase = false } = {}): Predicate {
  return { op: 'like', value: operand(value), pattern, ...(ignoreCase && { ignoreCase }) }
}

/** RE2 syntax, found anywhere in the text. */
export function matches(value: Operand, pattern: string): Predicate {
  return { op: 'matches', value: operand(value), pattern }
}

function compare(operator: ComparisonOperator, left: Operand, right: Comparand): Predicate {
  return { op: 'compare', operator, left: operand(left), right: comparand(right) }
}

/** The expression that is meant: a string names a column. */
export function operand(value: Operand): Expression {
  return typeof value === 'string' ? column(value) : value
}

function comparand(value: Comparand): Expression {
  return isExpression(value) ? value : literal(value)
}

function isExpression(value: Comparand): value is Expression {
  return typeof value === 'object' && value !== null && 'kind' in value
}
