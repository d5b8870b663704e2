import type { Expression, Literal, Predicate } from './predicate.ts'

/** The predicate as SQL-like text that `parsePredicate` reads. For messages and files: no engine gets it. */
export function describePredicate(predicate: Predicate): string {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return predicate.op.toUpperCase()
    case 'and':
    case 'or':
      return joined(predicate.args, predicate.op)
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

function joined(args: readonly Predicate[], word: 'and' | 'or'): string {
  if (args.length === 0) return word === 'and' ? 'TRUE' : 'FALSE'
  return args.map(inner).join(` ${word.toUpperCase()} `)
}

function inner(predicate: Predicate): string {
  const text = describePredicate(predicate)
  return predicate.op === 'and' || predicate.op === 'or' || predicate.op === 'between' ? `(${text})` : text
}

/** The expression as SQL-like text. */
export function describeExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'column':
      return name(expression.name)
    case 'literal':
      return describeLiteral(expression.value)
    case 'jsonField':
      return `${name(expression.column)} ->> ${describeLiteral(expression.key)}`
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

function name(column: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(column) && !RESERVED.has(column) ? column : `"${column.replaceAll('"', '""')}"`
}

const RESERVED = new Set([
  'all',
  'and',
  'case',
  'default',
  'else',
  'end',
  'false',
  'from',
  'in',
  'is',
  'like',
  'not',
  'null',
  'or',
  'select',
  'table',
  'then',
  'true',
  'user',
  'when',
  'where',
])

function describeLiteral(value: Literal): string {
  if (value === null) return 'NULL'
  if (value instanceof Date) return `'${value.toISOString()}'`
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  return String(value).toUpperCase()
}
