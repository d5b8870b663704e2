import { unknownColumns } from '../batch/select.ts'
import { WriterSchemaError } from '../errors/kinds.ts'
import type { ColumnDefinition, ColumnType } from '../log/column-definition.ts'
import type { Expression, FunctionName } from './predicate.ts'

type Columns = readonly ColumnDefinition[]

/** What values can be compared with each other. */
export type ValueClass = 'text' | 'number' | 'boolean' | 'time'

/** The type of an expression's values; undefined where it is null whatever the row. Throws WriterSchemaError for columns that are not there. */
export function expressionType(expression: Expression, columns: Columns): ColumnType | undefined {
  switch (expression.kind) {
    case 'column':
      return columnNamed(expression.name, columns).type
    case 'literal':
      return literalType(expression.value)
    case 'arithmetic':
      return 'double'
    case 'jsonField':
      return 'string'
    case 'case':
      return expressionType(expression.then, columns) ?? expressionType(expression.else, columns)
    case 'function':
      return functionType(expression.name, expression.args, columns)
  }
}

export function columnNamed(name: string, columns: Columns): ColumnDefinition {
  const column = columns.find((candidate) => candidate.name === name)
  if (!column) throw unknownColumns([name], columns)
  return column
}

export function classOf(type: ColumnType): ValueClass {
  switch (type) {
    case 'string':
    case 'json':
      return 'text'
    case 'int64':
    case 'int32':
    case 'double':
    case 'float':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'timestamp':
    case 'date':
      return 'time'
  }
}

/** Throws WriterSchemaError where the expression has values of another class. */
export function assertClass(expression: Expression, wanted: ValueClass, columns: Columns, what: string): void {
  const type = expressionType(expression, columns)
  if (type !== undefined && classOf(type) !== wanted) throw mismatch(`${what} takes ${wanted}, not ${classOf(type)}`)
}

/** Throws WriterSchemaError where the two can never be compared. Text beside a time is read as one. */
export function assertComparable(left: Expression, right: Expression, columns: Columns): void {
  const [a, b] = [expressionType(left, columns), expressionType(right, columns)]
  if (a === undefined || b === undefined) return
  const [classA, classB] = [classOf(a), classOf(b)]
  if (classA === classB) return
  if (classA === 'time' && isTextLiteral(right)) return
  if (classB === 'time' && isTextLiteral(left)) return
  throw mismatch(`cannot compare ${classA} with ${classB}`)
}

function isTextLiteral(expression: Expression): boolean {
  return expression.kind === 'literal' && typeof expression.value === 'string'
}

function mismatch(message: string): WriterSchemaError {
  return new WriterSchemaError(message, {
    committed: 'no',
    suggestions: ['Compare a column with values of its own type; keys of json are text.'],
  })
}

function literalType(value: Extract<Expression, { kind: 'literal' }>['value']): ColumnType | undefined {
  if (value === null) return undefined
  if (value instanceof Date) return 'timestamp'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int64' : 'double'
}

function functionType(name: FunctionName, args: readonly Expression[], columns: Columns): ColumnType | undefined {
  switch (name) {
    case 'length':
      return 'int64'
    case 'isFinite':
      return 'boolean'
    case 'lower':
    case 'upper':
    case 'trim':
      return 'string'
    case 'floor':
    case 'ceil':
      return 'double'
    case 'abs':
    case 'round':
    case 'coalesce':
      return args.map((arg) => expressionType(arg, columns)).find((type) => type !== undefined)
  }
}
