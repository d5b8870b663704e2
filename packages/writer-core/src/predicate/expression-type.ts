import { unknownColumns } from '../batch/select.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { findColumn } from '../column/column-names.ts'
import { type ColumnType, decimalShape, decimalType, isDecimal, isNested } from '../column/column-type.ts'
import { digitsOf, parseDecimal } from '../column/decimal.ts'
import { WriterSchemaError } from '../errors/kinds.ts'
import { numberType, type TypedExpression } from './number-type.ts'
import type { DecimalLiteral, Expression, FunctionName, Literal } from './predicate.ts'

type Columns = readonly ColumnDefinition[]

/** The class of a value; only values of one class can be compared. */
export type ValueClass = 'text' | 'number' | 'boolean' | 'time'

/** Returns the type of an expression; undefined if it is null for every row. Throws WriterSchemaError for missing columns. */
export function expressionType(expression: Expression, columns: Columns): ColumnType | undefined {
  switch (expression.kind) {
    case 'column': {
      const { type } = columnNamed(expression.name, columns)
      if (type === 'binary') return 'string'
      return isNested(type) ? 'json' : type
    }
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
 * Returns the type of a choice between expressions: a double if one of them is, and a time if text constants occur next to a time.
 * Throws WriterSchemaError if the expressions are of different classes, or if no decimal type holds all of them.
 */
export function commonType(expressions: readonly Expression[], columns: Columns): ColumnType | undefined {
  return typeOfAll(expressions, columns, false)
}

/**
 * Returns the type in which expressions are compared. It may have more digits than a column can, since constants keep all of theirs. Throws the
 * errors of {@link commonType}.
 */
export function comparisonType(expressions: readonly Expression[], columns: Columns): ColumnType | undefined {
  return typeOfAll(expressions, columns, true)
}

function typeOfAll(
  expressions: readonly Expression[],
  columns: Columns,
  isComparison: boolean,
): ColumnType | undefined {
  const typed = expressions.flatMap((expression): TypedExpression | [] => {
    const type = expressionType(expression, columns)
    return type === undefined ? [] : { expression, type }
  })
  if (typed.length > 0 && typed.every(({ type }) => classOf(type) === 'number')) return numberType(typed, isComparison)
  let common: ColumnType | undefined
  let isText = true
  for (const { expression, type } of typed) {
    common = common === undefined ? type : joinTypes(common, type, isText, isTextLiteral(expression))
    isText = isText && isTextLiteral(expression)
  }
  return common
}

/** Joins two types. `isTextA` says whether `a` stands only for text constants. */
function joinTypes(a: ColumnType, b: ColumnType, isTextA: boolean, isTextB: boolean): ColumnType {
  const [classA, classB] = [classOf(a), classOf(b)]
  if (classA === 'time' && isTextB) return 'timestamp'
  if (classB === 'time' && isTextA) return 'timestamp'
  if (classA !== classB) throw mismatch(`cannot compare ${classA} with ${classB}`)
  if (a === b) return a
  switch (classA) {
    case 'number':
      return 'double'
    case 'time':
      return 'timestamp'
    case 'text':
      return 'string'
    case 'boolean':
      return 'boolean'
  }
}

/** Returns the column of that name, in any letter case. Throws WriterSchemaError if it does not exist. */
export function columnNamed(name: string, columns: Columns): ColumnDefinition {
  const column = findColumn(name, columns)
  if (!column) throw unknownColumns([name], columns)
  return column
}

export function classOf(type: ColumnType): ValueClass {
  if (isDecimal(type)) return 'number'
  if (isNested(type)) return 'text'
  switch (type) {
    case 'string':
    case 'json':
    case 'binary':
      return 'text'
    case 'int64':
    case 'int32':
    case 'int16':
    case 'int8':
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

/** Throws WriterSchemaError if the expression has values of another class. */
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
    suggestions: ['Compare a column with values of its own type; keys of JSON columns are text.'],
  })
}

const MAX_WHOLE = 2 ** 126

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
      return Number.isInteger(value) && Math.abs(value) <= MAX_WHOLE ? 'int64' : 'double'
    case 'object':
      return value instanceof Date ? 'timestamp' : decimalTypeOf(value)
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
      return roundedType(args, columns) ?? 'double'
    case 'round':
      return roundedType(args, columns) ?? commonType(args, columns)
    case 'abs':
    case 'coalesce':
      return commonType(args, columns)
  }
}

function decimalTypeOf({ decimal }: DecimalLiteral): ColumnType {
  const value = parseDecimal(decimal)
  if (value === undefined) throw mismatch(`${decimal.slice(0, 40)} is not a number`)
  const { precision, scale } = digitsOf(value)
  return decimalType(precision, scale)
}

/** Returns the type of a rounded decimal: no digits after the decimal point, and one more before it for rounding up. */
function roundedType(args: readonly Expression[], columns: Columns): ColumnType | undefined {
  const common = commonType(args, columns)
  const shape = common && decimalShape(common)
  return shape && decimalType(Math.max(1, shape.precision - shape.scale + (shape.scale > 0 ? 1 : 0)), 0)
}
