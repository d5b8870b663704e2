import type { Expr, ExprCall, ExprCase, ExprCast, ExprUnary } from 'pgsql-ast-parser'
import { compareDecimals, decimalOf, parseDecimal } from '../../column/decimal.ts'
import { MAX_INTEGER } from '../check.ts'
import type { Expression, FunctionName, Literal } from '../predicate.ts'
import { problemAt } from './problem.ts'
import type { SqlText } from './sql-text.ts'
import { toPredicate } from './to-predicate.ts'

const FUNCTIONS: ReadonlyMap<string, FunctionName> = new Map([
  ['length', 'length'],
  ['lower', 'lower'],
  ['upper', 'upper'],
  ['trim', 'trim'],
  ['abs', 'abs'],
  ['round', 'round'],
  ['floor', 'floor'],
  ['ceil', 'ceil'],
  ['coalesce', 'coalesce'],
  ['isfinite', 'isFinite'],
])

/** Converts a syntax tree to an expression; `text` is the whole text. */
export function toExpression(node: Expr, text: SqlText): Expression {
  switch (node.type) {
    case 'ref':
      return { kind: 'column', name: columnName(node, text) }
    case 'binary':
      return arithmetic(node, text)
    case 'unary':
      return convertUnary(node, text)
    case 'call':
      return functionCall(node, text)
    case 'case':
      return caseOf(node, text)
    case 'member':
      if (node.op === '->>' && node.operand.type === 'ref' && typeof node.member === 'string') {
        return { kind: 'jsonField', column: columnName(node.operand, text), key: node.member }
      }
      throw problemAt(node, text, "only column ->> 'key' reads from json")
    default: {
      const value = constant(node, text)
      if (value !== undefined) return { kind: 'literal', value }
      throw problemAt(node, text, `${describeNode(node)} is not supported`)
    }
  }
}

/** Returns the value of a constant, with or without a sign; undefined for everything else. */
export function constant(node: Expr, text: SqlText): Literal | undefined {
  switch (node.type) {
    case 'integer':
      return integer(text.sourceOf(node) || String(node.value))
    case 'numeric':
      return fraction(text.sourceOf(node), node.value)
    case 'string':
    case 'boolean':
      return node.value
    case 'null':
      return null
    case 'cast':
      return castConstant(node)
    case 'unary': {
      const value = node.op === '-' || node.op === '+' ? constant(node.operand, text) : undefined
      return value === undefined || node.op === '+' ? numberOnly(value) : negate(value)
    }
    default:
      return undefined
  }
}

// The parser converts every integer to a double and thereby loses the last digits of long ones.
function integer(digits: string): Literal {
  const value = BigInt(digits)
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  if (value <= MAX_INTEGER) return value
  return Number.isFinite(number) && BigInt(number) === value ? number : { decimal: digits }
}

/** Returns the double if its shortest digits are those in the text, otherwise a decimal. */
function fraction(digits: string, number: number): Literal {
  const [written, short] = [parseDecimal(digits), decimalOf(number)]
  return written && short && compareDecimals(written, short) !== 0 ? { decimal: digits } : number
}

function numberOnly(value: Literal | undefined): Literal | undefined {
  return value === undefined || negate(value) === undefined ? undefined : value
}

/** Returns the negated value; undefined for values that are not numbers. */
function negate(value: Literal): Literal | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return -value
  if (typeof value !== 'object' || value === null || value instanceof Date) return undefined
  return { decimal: value.decimal.startsWith('-') ? value.decimal.slice(1) : `-${value.decimal}` }
}

const TIME_TYPES = new Set(['timestamp', 'timestamptz', 'timestamp with time zone', 'date'])
const DOUBLE_TYPES = new Set(['double precision', 'double', 'float8'])

/** Evaluates a cast of a constant: `timestamp '2024-01-01'` is its text, `'NaN'::double` a number. Other casts are not supported. */
function castConstant({ to, operand }: ExprCast): Literal | undefined {
  if (operand.type !== 'string' || !('name' in to)) return undefined
  if (TIME_TYPES.has(to.name)) return operand.value
  if (!DOUBLE_TYPES.has(to.name)) return undefined
  const match = /^(?:(nan)|([+-]?)inf(?:inity)?)$/i.exec(operand.value)
  if (!match) return undefined
  return match[1] ? Number.NaN : match[2] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** Returns the name of a column. Throws for names that are qualified with a table. */
function columnName(node: Extract<Expr, { type: 'ref' }>, text: SqlText): string {
  if (node.table || node.name === '*') throw problemAt(node, text, 'column names must not be qualified')
  // The parser does not undouble quotes in a name.
  return text.sourceOf(node).startsWith('"') ? node.name.replaceAll('""', '"') : node.name
}

function arithmetic(node: Extract<Expr, { type: 'binary' }>, text: SqlText): Expression {
  switch (node.op) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return {
        kind: 'arithmetic',
        operator: node.op,
        left: toExpression(node.left, text),
        right: toExpression(node.right, text),
      }
    default:
      throw problemAt(node, text, `${node.op} does not return a value that can be compared or computed with`)
  }
}

function convertUnary(node: ExprUnary, text: SqlText): Expression {
  const value = constant(node, text)
  if (value !== undefined) return { kind: 'literal', value }
  if (node.op === '+') return toExpression(node.operand, text)
  if (node.op !== '-')
    throw problemAt(node, text, `${node.op} does not return a value that can be compared or computed with`)
  const right = toExpression(node.operand, text)
  return { kind: 'arithmetic', operator: '*', left: { kind: 'literal', value: -1 }, right }
}

function functionCall(node: ExprCall, text: SqlText): Expression {
  const name = FUNCTIONS.get(node.function.name.toLowerCase())
  if (!name || node.function.schema) throw problemAt(node, text, `the function ${node.function.name} is not supported`)
  if (node.distinct || node.filter || node.over || node.orderBy || node.withinGroup) {
    throw problemAt(node, text, 'functions take only arguments')
  }
  if (node.args.length === 0 || (node.args.length > 1 && name !== 'coalesce')) {
    throw problemAt(node, text, `${name} takes ${name === 'coalesce' ? 'at least one argument' : 'one argument'}`)
  }
  return { kind: 'function', name, args: node.args.map((arg) => toExpression(arg, text)) }
}

function caseOf({ value, whens, else: otherwise }: ExprCase, text: SqlText): Expression {
  const last: Expression = otherwise ? toExpression(otherwise, text) : { kind: 'literal', value: null }
  const subject = value && toExpression(value, text)
  return whens.reduceRight<Expression>((rest, { when, value: result }) => {
    const condition = subject
      ? ({ op: 'compare', operator: '=', left: subject, right: toExpression(when, text) } as const)
      : toPredicate(when, text)
    const then = toExpression(result, text)
    return { kind: 'case', when: condition, then, else: rest }
  }, last)
}

function describeNode(node: Expr): string {
  switch (node.type) {
    case 'select':
    case 'with':
    case 'union':
    case 'union all':
    case 'values':
    case 'array select':
      return 'a query'
    case 'cast':
      return 'a cast'
    case 'keyword':
      return `the keyword ${node.keyword} (put a column of that name in double quotes)`
    case 'list':
      return 'a list'
    default:
      return `"${node.type}"`
  }
}
