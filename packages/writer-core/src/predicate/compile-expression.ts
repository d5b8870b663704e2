import type { LogBatch } from '../batch/log-batch.ts'
import { columnIndex } from '../batch/select.ts'
import type { ColumnDefinition, ColumnType } from '../log/column-definition.ts'
import { parseMicros } from '../time/instant.ts'
import { compilePredicate } from './compile-predicate.ts'
import { classOf, columnNamed, expressionType } from './expression-type.ts'
import { callFunction } from './functions.ts'
import { type Native, nativeAt } from './native.ts'
import type { ArithmeticOperator, Expression, Literal } from './predicate.ts'

type Columns = readonly ColumnDefinition[]

/** Something that has a value in each row of a batch. */
export type Bound<Result> = (batch: LogBatch) => (row: number) => Result

/** The values of an expression over batches with these columns. The expression is one that `assertExpression` lets pass. */
export function compileExpression(expression: Expression, columns: Columns): Bound<Native> {
  switch (expression.kind) {
    case 'column':
      return compileColumn(expression.name, columns)
    case 'literal': {
      const value = literalNative(expression.value)
      return () => () => value
    }
    case 'arithmetic': {
      const [left, right] = [compileExpression(expression.left, columns), compileExpression(expression.right, columns)]
      return (batch) => {
        const [a, b] = [left(batch), right(batch)]
        return (row) => calculate(expression.operator, a(row), b(row))
      }
    }
    case 'function': {
      const args = expression.args.map((arg) => compileExpression(arg, columns))
      return (batch) => {
        const bound = args.map((arg) => arg(batch))
        return (row) => callFunction(expression.name, bound, row)
      }
    }
    case 'jsonField': {
      const text = compileColumn(expression.column, columns)
      return (batch) => {
        const value = text(batch)
        return (row) => jsonField(value(row), expression.key)
      }
    }
    case 'case': {
      const when = compilePredicate(expression.when, columns)
      const [then, otherwise] = compilePair(expression.then, expression.else, columns)
      return (batch) => {
        const [condition, a, b] = [when(batch), then(batch), otherwise(batch)]
        return (row) => (condition(row) === 1 ? a(row) : b(row))
      }
    }
  }
}

/** Two expressions that are compared: text beside a time becomes one. */
export function compilePair(left: Expression, right: Expression, columns: Columns): [Bound<Native>, Bound<Native>] {
  return [compileBeside(left, right, columns), compileBeside(right, left, columns)]
}

export function compileBeside(expression: Expression, other: Expression, columns: Columns): Bound<Native> {
  const type = expressionType(other, columns)
  if (type === undefined || !isInstantText(expression, type)) return compileExpression(expression, columns)
  const micros = parseMicros(expression.value, { assumeUtc: true }) ?? null
  return () => () => micros
}

function isInstantText(expression: Expression, beside: ColumnType): expression is { kind: 'literal'; value: string } {
  return expression.kind === 'literal' && typeof expression.value === 'string' && classOf(beside) === 'time'
}

function compileColumn(name: string, columns: Columns): Bound<Native> {
  const { type } = columnNamed(name, columns)
  return (batch) => {
    const vector = batch.vectors[columnIndex(batch, name)]
    // A batch may lack a column of its table: then it is null.
    return vector ? (row) => nativeAt(vector, type, row) : () => null
  }
}

function literalNative(value: Literal): Native {
  return value instanceof Date ? BigInt(value.getTime()) * 1000n : value
}

function calculate(operator: ArithmeticOperator, left: Native, right: Native): Native {
  if (left === null || right === null) return null
  const [a, b] = [Number(left), Number(right)]
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return b === 0 ? null : a / b
    case '%':
      return b === 0 ? null : a % b
  }
}

function jsonField(text: Native, key: string): Native {
  if (typeof text !== 'string') return null
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed) || !Object.hasOwn(parsed, key))
      return null
    const value: unknown = Reflect.get(parsed, key)
    if (value === null) return null
    return typeof value === 'string' ? value : JSON.stringify(value)
  } catch {
    return null
  }
}
