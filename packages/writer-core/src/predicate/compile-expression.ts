import { safeInteger } from '../batch/rows.ts'
import { columnIndex } from '../batch/select.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { type ColumnType, decimalShape, exactShape } from '../column/column-type.ts'
import { doubleOf, parseDecimal, powerOfTen, rescale } from '../column/decimal.ts'
import { parseMicros } from '../time/instant.ts'
import { expressionColumns } from './columns-of.ts'
import { compilePredicate } from './compile-predicate.ts'
import { classOf, columnNamed, commonType, comparisonType, expressionType, isTextLiteral } from './expression-type.ts'
import { decimalFunction, functionOfOne } from './functions.ts'
import { jsonField } from './json-field.ts'
import { type Native, nativeReader } from './native.ts'
import { exactLiteral } from './number-type.ts'
import type { Bound } from './per-word.ts'
import { perWord } from './per-word.ts'
import type { ArithmeticOperator, Expression, FunctionName, Literal } from './predicate.ts'

type Columns = readonly ColumnDefinition[]

/** Compiles an expression for batches with these columns. The expression must have passed `assertExpression`. */
export function compileExpression(expression: Expression, columns: Columns): Bound<Native> {
  switch (expression.kind) {
    case 'column':
      return compileColumn(expression.name, columns)
    case 'literal':
      return constantly(literalNative(expression.value))
    case 'arithmetic': {
      const [left, right] = [compileDouble(expression.left, columns), compileDouble(expression.right, columns)]
      const calculate = calculation(expression.operator)
      return (batch) => {
        const [a, b] = [left(batch), right(batch)]
        return (row) => {
          const [x, y] = [a(row), b(row)]
          return x === null || y === null ? null : calculate(Number(x), Number(y))
        }
      }
    }
    case 'function':
      return perWord(compileFunction(expression.name, expression.args, columns), expressionColumns(expression))
    case 'jsonField':
      return mapValues(compileColumn(expression.column, columns), jsonField(expression.key))
    case 'case': {
      const when = compilePredicate(expression.when, columns)
      const [then, otherwise] = compileTogether([expression.then, expression.else], columns)
      return (batch) => {
        const [condition, a, b] = [when(batch), then?.(batch), otherwise?.(batch)]
        return (row) => (condition(row) === 1 ? a?.(row) : b?.(row)) ?? null
      }
    }
  }
}

/** Compiles an expression of numbers to doubles. */
export function compileDouble(expression: Expression, columns: Columns): Bound<Native> {
  return compileAs(expression, 'double', columns)
}

/** Compiles the alternatives of a choice to their common type. */
function compileTogether(expressions: readonly Expression[], columns: Columns): Bound<Native>[] {
  const common = commonType(expressions, columns)
  return expressions.map((expression) => compileAs(expression, common, columns))
}

/** Compiles expressions to the type in which they are compared. */
export function compileCompared(expressions: readonly Expression[], columns: Columns): Bound<Native>[] {
  const common = comparisonType(expressions, columns)
  return expressions.map((expression) => compileAs(expression, common, columns))
}

function compileAs(expression: Expression, common: ColumnType | undefined, columns: Columns): Bound<Native> {
  if (common !== undefined && classOf(common) === 'time' && isTextLiteral(expression)) {
    return constantly(safeInteger(parseMicros(expression.value, { assumeUtc: true }) ?? 0n))
  }
  const exact = common && decimalShape(common)
  const constant = exact && exactLiteral(expression)
  if (constant) return constantly(rescale(constant, exact.scale) ?? null)
  const compiled = compileExpression(expression, columns)
  const type = expressionType(expression, columns)
  const own = type && exactShape(type)
  if (own === undefined) return compiled
  const { scale } = own
  if (exact)
    return exact.scale === scale && type === common ? compiled : mapValues(compiled, scaledTo(scale, exact.scale))
  if (common !== 'double') return compiled
  if (scale > 0)
    return mapValues(compiled, (value) => (typeof value === 'bigint' ? doubleOf({ unscaled: value, scale }) : value))
  return mapValues(compiled, (value) => (typeof value === 'bigint' ? Number(value) : value))
}

/** Converts unscaled numbers to a larger scale; whole numbers have scale 0. */
function scaledTo(from: number, to: number): (value: Native) => Native {
  const factor = powerOfTen(to - from)
  return (value) => (typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) * factor : null)
}

function constantly(value: Native): Bound<Native> {
  return () => () => value
}

function mapValues(bound: Bound<Native>, map: (value: Native) => Native): Bound<Native> {
  return (batch) => {
    const at = bound(batch)
    return (row) => map(at(row))
  }
}

function compileColumn(name: string, columns: Columns): Bound<Native> {
  const { type, name: stored } = columnNamed(name, columns)
  return (batch) => {
    const vector = batch.vectors[columnIndex(batch, stored)]
    // A batch may lack a column of its table; its values are null.
    return vector ? nativeReader(vector, type) : () => null
  }
}

function compileFunction(name: FunctionName, args: readonly Expression[], columns: Columns): Bound<Native> {
  const compiled = compileTogether(args, columns)
  const [first] = compiled
  const common = commonType(args, columns)
  const shape = common && decimalShape(common)
  if (name !== 'coalesce') {
    return mapValues(first ?? constantly(null), shape ? decimalFunction(name, shape.scale) : functionOfOne(name))
  }
  return (batch) => {
    const bound = compiled.map((arg) => arg(batch))
    return (row) => {
      for (const at of bound) {
        const value = at(row)
        if (value !== null) return value
      }
      return null
    }
  }
}

function literalNative(value: Literal): Native {
  if (typeof value === 'object' && value !== null && 'decimal' in value) {
    return parseDecimal(value.decimal)?.unscaled ?? null
  }
  if (value instanceof Date) return safeInteger(BigInt(value.getTime()) * 1000n)
  if (typeof value === 'bigint') return safeInteger(value)
  // Whole numbers beyond 2^53 come from int64 and are compared exactly.
  const isWhole = typeof value === 'number' && expressionType({ kind: 'literal', value }, []) === 'int64'
  return isWhole ? safeInteger(BigInt(value)) : value
}

function calculation(operator: ArithmeticOperator): (a: number, b: number) => number | null {
  switch (operator) {
    case '+':
      return (a, b) => a + b
    case '-':
      return (a, b) => a - b
    case '*':
      return (a, b) => a * b
    case '/':
      return (a, b) => (b === 0 ? null : a / b)
    case '%':
      return (a, b) => (b === 0 ? null : a % b)
  }
}
