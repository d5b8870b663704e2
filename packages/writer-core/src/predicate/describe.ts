import { decimalText, parseDecimal } from '../column/decimal.ts'
import type { Expression, Literal, Predicate } from './predicate.ts'

/** Returns the predicate as SQL-like text that `parsePredicate` can parse. Used in messages and files; never sent to an engine. */
export function describePredicate(predicate: Predicate): string {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return predicate.op.toUpperCase()
    case 'and':
    case 'or':
      return joinParts(predicate.args, predicate.op)
    case 'not':
      return predicate.arg.op === 'isNull'
        ? `${describeExpression(predicate.arg.value)} IS NOT NULL`
        : `NOT ${inner(predicate.arg)}`
    case 'compare':
      return `${describeExpression(predicate.left)} ${predicate.operator} ${describeExpression(predicate.right)}`
    case 'in':
      if (predicate.list.length === 0) return 'FALSE'
      return `${describeExpression(predicate.value)} IN (${predicate.list.map(describeLiteral).join(', ')})`
    case 'between': {
      const [value, low, high] = [predicate.value, predicate.low, predicate.high].map(describeExpression)
      return `${value} BETWEEN ${low} AND ${high}`
    }
    case 'isNull':
      return `${describeExpression(predicate.value)} IS NULL`
    case 'like': {
      const operator = predicate.ignoreCase ? 'ILIKE' : 'LIKE'
      return `${describeExpression(predicate.value)} ${operator} ${describeLiteral(predicate.pattern)}`
    }
    case 'matches':
      return `${describeExpression(predicate.value)} ~ ${describeLiteral(predicate.pattern)}`
  }
}

function joinParts(args: readonly Predicate[], op: 'and' | 'or'): string {
  if (args.length === 0) return op === 'and' ? 'TRUE' : 'FALSE'
  return args.map((arg) => inner(unwrap(arg), op)).join(` ${op.toUpperCase()} `)
}

/** Adds parentheses unless `outer`, the operator around the predicate, is the same one. */
function inner(predicate: Predicate, outer?: 'and' | 'or'): string {
  const text = describePredicate(predicate)
  const isJoined = (predicate.op === 'and' || predicate.op === 'or') && predicate.op !== outer
  return isJoined || predicate.op === 'between' ? `(${text})` : text
}

function unwrap(predicate: Predicate): Predicate {
  const [first, second] = predicate.op === 'and' || predicate.op === 'or' ? predicate.args : []
  return first && !second ? unwrap(first) : predicate
}

/** Returns the expression as SQL-like text. */
function describeExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'column':
      return describeName(expression.name)
    case 'literal':
      return describeLiteral(expression.value)
    case 'jsonField':
      return `(${describeName(expression.column)} ->> ${describeLiteral(expression.key)})`
    case 'arithmetic':
      return `(${describeExpression(expression.left)} ${expression.operator} ${describeExpression(expression.right)})`
    case 'function':
      return `${expression.name.toLowerCase()}(${expression.args.map(describeExpression).join(', ')})`
    case 'case': {
      const [then, otherwise] = [describeExpression(expression.then), describeExpression(expression.else)]
      return `CASE WHEN ${describePredicate(expression.when)} THEN ${then} ELSE ${otherwise} END`
    }
  }
}

function describeName(column: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(column) && !RESERVED.has(column) ? column : `"${column.replaceAll('"', '""')}"`
}

/** The words that the parser does not accept as names without quotes. */
const RESERVED = new Set(
  [
    'all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation',
    'concurrently constraint create cross current_catalog current_date current_role current_schema current_time',
    'current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze',
    'from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like',
    'limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing precision',
    'references returning right select session_user similar some symmetric table tablesample then to trailing true',
    'union user using variadic verbose when',
    'where window with',
  ].flatMap((line) => line.split(' ')),
)

function describeLiteral(value: Literal): string {
  if (value === null) return 'NULL'
  switch (typeof value) {
    case 'string':
      return `'${value.replaceAll("'", "''")}'`
    case 'number':
      return describeNumber(value)
    case 'bigint':
      return String(value)
    case 'boolean':
      return value ? 'TRUE' : 'FALSE'
    case 'object':
      if ('decimal' in value) return describeDecimal(value.decimal)
      return `'${Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()}'`
  }
}

function describeDecimal(text: string): string {
  const value = parseDecimal(text)
  return value ? decimalText(value) : `'${text.replaceAll("'", "''")}'`
}

/** Formats a number with digits and a decimal point, without an exponent. */
function describeNumber(value: number): string {
  if (!Number.isFinite(value)) return `'${value}'::double precision`
  if (Number.isInteger(value)) return String(BigInt(value))
  const [digits = '', exponent = '0'] = String(value).split('e-')
  if (exponent === '0') return digits
  const sign = value < 0 ? '-' : ''
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${digits.replace(/[-.]/g, '')}`
}
