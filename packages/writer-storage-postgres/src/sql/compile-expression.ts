import type { ArithmeticOperator, ColumnType, Expression, FunctionName, Literal } from '@forge/writer-core'
import {
  commonType,
  decimalText,
  exactLiteral,
  exactShape,
  expressionType,
  findColumn,
  isDecimal,
  isNested,
  isoFromMicros,
  microsFromDate,
  parseMicros,
} from '@forge/writer-core/storage'
import { allOrNone } from './all-or-none.ts'
import { type CompileScope, compilePredicate } from './compile-predicate.ts'
import { quoteIdentifier } from './identifiers.ts'
import { jsonFieldSql } from './json-field.ts'

/** Returns an expression in SQL that has the same value for every row; undefined if core must compute it. */
export function compileExpression(expression: Expression, scope: CompileScope): string | undefined {
  if (expression.kind === 'column') return compileColumn(expression.name, scope)
  if (!scope.mayFail) return undefined
  const type = expressionType(expression, scope.columns)
  switch (expression.kind) {
    case 'literal':
      return type === undefined ? 'null::text' : compileLiteral(expression.value, type, scope)
    case 'arithmetic': {
      const sides = [expression.left, expression.right].map((side) => compileAs(side, 'double', scope))
      return calculationSql(expression.operator, allOrNone(sides))
    }
    case 'function':
      return compileFunction(expression.name, expression.args, type, scope)
    case 'jsonField': {
      const column = findColumn(expression.column, scope.columns)
      return column?.type === 'json' ? jsonFieldSql(referTo(column.name, scope), expression.key, scope.list) : undefined
    }
    case 'case': {
      const when = compilePredicate(expression.when, scope)
      const chosen = compileTogether([expression.then, expression.else], scope)
      return when && chosen && `(case when ${when} then ${chosen[0]} else ${chosen[1]} end)`
    }
  }
}

/** Compiles an expression to the type in which it is compared or chosen. */
export function compileAs(expression: Expression, type: ColumnType, scope: CompileScope): string | undefined {
  if (expression.kind === 'literal') return compileLiteral(expression.value, type, scope)
  const sql = compileExpression(expression, scope)
  return sql && castFor(sql, expressionType(expression, scope.columns), type)
}

function compileTogether(expressions: readonly Expression[], scope: CompileScope): readonly string[] | undefined {
  const type = commonType(expressions, scope.columns)
  return type && allOrNone(expressions.map((expression) => compileAs(expression, type, scope)))
}

/** Casts a value to the type of a comparison, in which numbers of several types meet as doubles or as exact numbers. */
function castFor(sql: string, own: ColumnType | undefined, type: ColumnType): string {
  if (type === 'double') return own === 'double' ? sql : `(${sql})::double precision`
  if (type === 'timestamp' && own === 'date') return `(${sql}::timestamp at time zone 'UTC')`
  return sql
}

function compileColumn(name: string, scope: CompileScope): string | undefined {
  const column = findColumn(name, scope.columns)
  if (!column) return undefined
  const sql = referTo(column.name, scope)
  if (column.type === 'json' || isNested(column.type)) return `${sql}::text collate "C"`
  if (column.type === 'binary') return `encode(${sql}, 'hex') collate "C"`
  return column.type === 'float' ? `${sql}::double precision` : sql
}

function referTo(name: string, { columns, refer }: CompileScope): string {
  const column = refer && findColumn(name, columns)
  return column ? refer(column) : quoteIdentifier(name)
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

function calculationSql(operator: ArithmeticOperator, sides: readonly string[] | undefined): string | undefined {
  if (!sides) return undefined
  const [left, right] = sides
  switch (operator) {
    case '+':
    case '-':
    case '*':
      return `(${left} ${operator} ${right})`
    case '/':
      return `(${left} / nullif(${right}, 0))`
    // The server has no remainder of doubles.
    case '%':
      return undefined
  }
}

function compileFunction(
  name: FunctionName,
  args: readonly Expression[],
  type: ColumnType | undefined,
  scope: CompileScope,
): string | undefined {
  const [first] = args
  switch (name) {
    case 'coalesce': {
      const values = compileTogether(args, scope)
      return values && `coalesce(${values.join(', ')})`
    }
    case 'length': {
      const text = first && compileExpression(first, scope)
      return text && `char_length(${text})::bigint`
    }
    case 'abs': {
      const number = first && type && !isDecimal(type) ? compileExpression(first, scope) : undefined
      return number && `abs(${number})`
    }
    case 'floor':
    case 'ceil': {
      const number = first && type === 'double' ? compileAs(first, 'double', scope) : undefined
      return number && `${name}(${number})`
    }
    case 'isFinite': {
      const number = first && compileAs(first, 'double', scope)
      return number && `(${number} not in ('NaN'::double precision, 'Infinity', '-Infinity'))`
    }
    // Core has its own rules of letter case and spaces, and rounds halves away from zero.
    case 'lower':
    case 'upper':
    case 'trim':
    case 'round':
      return undefined
  }
}
