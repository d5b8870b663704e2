import { unknownColumns } from '../batch/select.ts'
import { WriterSchemaError } from '../errors/kinds.ts'
import type { ColumnDefinition, ColumnType } from '../log/column-definition.ts'
import type { Expression, FunctionName, Literal } from './predicate.ts'

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
      return commonType([expression.then, expression.else], columns)
    case 'function':
      return functionType(expression.name, expression.args, columns)
  }
}

/**
 * The type in which expressions are compared, or of which one is chosen: a double where one is, and text constants beside a time are times.
 * Throws WriterSchemaError where they can never be compared.
 */
export function commonType(expressions: readonly Expression[], columns: Columns): ColumnType | undefined {
  let common: ColumnType | undefined
  let isText = true
  for (const expression of expressions) {
    const type = expressionType(expression, columns)
    if (type === undefined) continue
    common = common === undefined ? type : joined(common, type, isText, isTextLiteral(expression))
    isText = isText && isTextLiteral(expression)
  }
  return common
}

/** `isTextA`: whether all that `a` stands for are text constants. */
function joined(a: ColumnType, b: ColumnType, isTextA: boolean, isTextB: boolean): ColumnType {
  const [classA, classB] = [classOf(a), classOf(b)]
  if (classA === 'time' && isTextB) return 'timestamp'
  if (classB === 'time' && isTextA) return 'timestamp'
  if (classA !== classB) throw mismatch(`cannot compare ${classA} with ${classB}`)
  if (a === b) return a
  switch (classA) {
    case 'number':
      return [a, b].some((type) => type === 'double' || type === 'float') ? 'double' : 'int64'
    case 'time':
      return 'timestamp'
    case 'text':
      return 'string'
    case 'boolean':
      return 'boolean'
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

export function isTextLiteral(expression: Expression): expression is { kind: 'literal'; value: string } {
  return expression.kind === 'literal' && typeof expression.value === 'string'
}

function mismatch(message: string): WriterSchemaError {
  return new WriterSchemaError(message, {
    committed: 'no',
    suggestions: ['Compare a column with values of its own type; keys of json are text.'],
  })
}

const MOST_WHOLE = 2 ** 126

function literalType(value: Literal): ColumnType | undefined {
  if (value === null) return undefined
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'boolean'
    case 'bigint':
      return 'int64'
    case 'number':
      return Number.isInteger(value) && Math.abs(value) <= MOST_WHOLE ? 'int64' : 'double'
    case 'object':
      return 'timestamp'
  }
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
      return commonType(args, columns)
  }
}
