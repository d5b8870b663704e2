import type { ColumnDefinition, ColumnType, Expression, Literal, Predicate } from '@forge/writer-core'
import {
  comparisonType,
  decimalText,
  exactComparison,
  exactLiteral,
  exactShape,
  expressionType,
  findColumn,
  isNested,
  isoFromMicros,
  microsFromDate,
  parseMicros,
} from '@forge/writer-core/storage'
import { quoteIdentifier } from './identifiers.ts'
import type { ParameterList } from './parameters.ts'

/** The columns of a table and the values of the statement. */
export interface CompileScope {
  readonly columns: readonly ColumnDefinition[]
  readonly list: ParameterList
}

/**
 * Returns a condition in SQL that has the same truth for every row as the predicate; undefined if the server has no such condition, and core must
 * test the rows. The predicate must have passed `assertPredicate`.
 */
export function compilePredicate(predicate: Predicate, scope: CompileScope): string | undefined {
  const count = scope.list.values.length
  const sql = compileCondition(predicate, scope)
  // A statement takes no values that it does not use.
  if (sql === undefined) scope.list.cut(count)
  return sql
}

function compileCondition(predicate: Predicate, scope: CompileScope): string | undefined {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return predicate.op
    case 'and':
    case 'or': {
      if (predicate.args.length === 0) return predicate.op === 'and' ? 'true' : 'false'
      const parts = allOrNone(predicate.args.map((arg) => compilePredicate(arg, scope)))
      return parts && `(${parts.join(` ${predicate.op} `)})`
    }
    case 'not': {
      const inner = compilePredicate(predicate.arg, scope)
      return inner && `(not ${inner})`
    }
    case 'isNull': {
      const value = compileColumn(predicate.value, scope)
      return value && `(${value} is null)`
    }
    case 'compare':
    case 'in':
    case 'between':
      return compileComparison(exactComparison(predicate, scope.columns), scope)
    case 'like':
      return compileLike(predicate, scope)
    case 'matches':
      return undefined
  }
}

/**
 * Splits a predicate into a condition for the server and a flag that is true if this is the whole predicate. Rows that the condition excludes never
 * match.
 */
export function splitPredicate(
  predicate: Predicate,
  scope: CompileScope,
): { readonly sql: string; readonly isWhole: boolean } {
  const whole = compilePredicate(predicate, scope)
  if (whole !== undefined) return { sql: whole, isWhole: true }
  const parts = predicate.op === 'and' ? predicate.args.flatMap((arg) => compilePredicate(arg, scope) ?? []) : []
  return { sql: parts.length > 0 ? `(${parts.join(' and ')})` : 'true', isWhole: false }
}

function compileComparison(predicate: Predicate, scope: CompileScope): string | undefined {
  switch (predicate.op) {
    case 'compare': {
      const sides = compileSides([predicate.left, predicate.right], scope)
      return sides && `(${sides[0]} ${predicate.operator === '!=' ? '<>' : predicate.operator} ${sides[1]})`
    }
    case 'between': {
      const sides = compileSides([predicate.value, predicate.low, predicate.high], scope)
      return sides && `(${sides[0]} between ${sides[1]} and ${sides[2]})`
    }
    case 'in': {
      if (predicate.list.length === 0) return 'false'
      const constants = predicate.list.map((value): Expression => ({ kind: 'literal', value }))
      const sides = compileSides([predicate.value, ...constants], scope)
      return sides && `(${sides[0]} in (${sides.slice(1).join(', ')}))`
    }
    default:
      return compilePredicate(predicate, scope)
  }
}

/** Compiles columns and constants in the type in which they are compared. */
function compileSides(sides: readonly Expression[], scope: CompileScope): readonly string[] | undefined {
  const type = comparisonType(sides, scope.columns)
  if (type === undefined) return undefined
  return allOrNone(
    sides.map((side) => {
      if (side.kind === 'literal') return compileLiteral(side.value, type, scope)
      const sql = compileColumn(side, scope)
      return sql && castFor(sql, expressionType(side, scope.columns), type)
    }),
  )
}

/** Casts a column to the type of a comparison, in which numbers of several types meet as doubles or as exact numbers. */
function castFor(sql: string, own: ColumnType | undefined, type: ColumnType): string | undefined {
  if (type === 'double') return own === 'double' ? sql : `${sql}::double precision`
  if (type === 'timestamp' && own === 'date') return `(${sql}::timestamp at time zone 'UTC')`
  return sql
}

/** Returns a column as SQL; undefined for other expressions, which core computes. */
export function compileColumn(expression: Expression, { columns }: CompileScope): string | undefined {
  if (expression.kind !== 'column') return undefined
  const column = findColumn(expression.name, columns)
  if (!column) return undefined
  const quoted = quoteIdentifier(column.name)
  if (column.type === 'json' || isNested(column.type)) return `${quoted}::text collate "C"`
  if (column.type === 'binary') return `encode(${quoted}, 'hex') collate "C"`
  return column.type === 'float' ? `${quoted}::double precision` : quoted
}

function compileLiteral(value: Literal, type: ColumnType, { list }: CompileScope): string | undefined {
  if (value === null) return 'null'
  if (type === 'timestamp' || type === 'date') {
    const micros = value instanceof Date ? microsOf(value) : parseMicros(String(value), { assumeUtc: true })
    return micros === undefined ? undefined : list.add(isoFromMicros(micros), 'timestamptz')
  }
  if (typeof value === 'string') return value.includes('\0') ? undefined : list.add(value, 'text')
  if (typeof value === 'boolean') return String(value)
  if (type === 'double') {
    const number = typeof value === 'object' ? undefined : Number(value)
    return number === undefined ? undefined : list.add(String(number), 'double precision')
  }
  const exact = exactShape(type) && exactLiteral({ kind: 'literal', value })
  return exact ? list.add(decimalText(exact), 'numeric') : undefined
}

function microsOf(date: Date): bigint | undefined {
  return Number.isNaN(date.getTime()) ? undefined : microsFromDate(date)
}

function compileLike(
  { value, pattern, ignoreCase }: Extract<Predicate, { op: 'like' }>,
  scope: CompileScope,
): string | undefined {
  // Core and the server have different rules of letter case, and core rejects a pattern that ends in the escape character.
  if (ignoreCase || pattern.includes('\0') || /(?<!\\)(?:\\\\)*\\$/.test(pattern)) return undefined
  // The server tries every way to divide a text among several `%`; core needs one pass.
  if ((pattern.replaceAll(/\\./gs, '').match(/%+(?!%|$)/g) ?? []).length > 1) return undefined
  const sql = compileColumn(value, scope)
  return sql && `(${sql} like ${scope.list.add(pattern, 'text')} escape '\\')`
}

function allOrNone<Item>(items: readonly (Item | undefined)[]): readonly Item[] | undefined {
  const present = items.flatMap((item) => (item === undefined ? [] : [item]))
  return present.length === items.length ? present : undefined
}
