import { type ColumnDefinition, type ColumnType, type Expression, WriterConfigurationError } from '@forge/writer-core'
import {
  commonType,
  comparisonType,
  type DecimalType,
  decimalText,
  exactLiteral,
  expressionType,
  findColumn,
  isDecimal,
  isNested,
  parseMicros,
  unknownColumns,
} from '@forge/writer-core/storage'
import { sqlTypeOf } from './column-types.ts'
import { compileCondition } from './compile-predicate.ts'
import { quoteIdentifier } from './identifiers.ts'
import { exactSql, literalSql, type ParameterList, timestampSql } from './parameters.ts'

/** The columns that expressions may name, and the list that collects their values. */
export interface CompileScope {
  readonly columns: readonly ColumnDefinition[]
  readonly list: ParameterList
}

/** Returns the SQL of an expression and adds its values to `scope.list`. Throws WriterSchemaError for unknown columns. */
export function compileExpression(expression: Expression, scope: CompileScope): string {
  switch (expression.kind) {
    case 'column':
      return columnSql(expression.name, scope)
    case 'literal':
      return literalSql(expression.value, scope.list)
    case 'arithmetic': {
      const [left, right] = [doubleSql(expression.left, scope), doubleSql(expression.right, scope)]
      const divides = expression.operator === '/' || expression.operator === '%'
      return `(${left} ${expression.operator} ${divides ? `nullif(${right}, 0)` : right})`
    }
    case 'function':
      return functionSql(expression, scope)
    case 'jsonField':
      return jsonFieldSql(expression.column, expression.key, scope)
    case 'case': {
      const when = compileCondition(expression.when, scope)
      const [then, otherwise] = compileTogether([expression.then, expression.else], scope)
      return `(case when ${when} then ${then} else ${otherwise} end)`
    }
  }
}

/** Compiles the alternatives of a case. Text next to a timestamp is compiled as a timestamp. */
function compileTogether(expressions: readonly Expression[], scope: CompileScope): string[] {
  return compileAs(expressions, commonType(expressions, scope.columns), scope)
}

/** Compiles expressions that are compared. Constants take the types of the other expressions. */
export function compileCompared(expressions: readonly Expression[], scope: CompileScope): string[] {
  return compileAs(expressions, comparisonType(expressions, scope.columns), scope)
}

function compileAs(expressions: readonly Expression[], common: ColumnType | undefined, scope: CompileScope): string[] {
  const isTime = common === 'timestamp' || common === 'date'
  return expressions.map((expression) => {
    if (isTime) return timeSql(expression, scope)
    const type = expressionType(expression, scope.columns)
    if (type === undefined || common === undefined) return compileExpression(expression, scope)
    if (common === 'double' && isDecimal(type)) return doubleSql(expression, scope)
    return isDecimal(common) ? decimalSql(expression, type, common, scope) : compileExpression(expression, scope)
  })
}

/** Returns the SQL of a number as a double. Decimals are converted through their digits, as the engine would round twice. */
export function doubleSql(expression: Expression, scope: CompileScope): string {
  const type = expressionType(expression, scope.columns)
  if (type === undefined || !isDecimal(type)) return `cast(${compileExpression(expression, scope)} as double)`
  const constant = exactLiteral(expression)
  if (constant) return literalSql(Number(decimalText(constant)), scope.list)
  return `cast(cast(${compileExpression(expression, scope)} as varchar) as double)`
}

function decimalSql(expression: Expression, type: ColumnType, common: DecimalType, scope: CompileScope): string {
  const constant = exactLiteral(expression)
  if (constant) return exactSql(decimalText(constant), common, scope.list)
  const sql = compileExpression(expression, scope)
  return type === common ? sql : `cast(${sql} as ${sqlTypeOf(common)})`
}

function timeSql(expression: Expression, scope: CompileScope): string {
  if (expression.kind !== 'literal' || typeof expression.value !== 'string') return compileExpression(expression, scope)
  const micros = parseMicros(expression.value, { assumeUtc: true })
  if (micros === undefined) {
    throw new WriterConfigurationError('text that is compared with a timestamp must be an ISO 8601 instant or date', {
      committed: 'no',
    })
  }
  return timestampSql(micros, scope.list)
}

function columnSql(name: string, { columns }: CompileScope): string {
  const column = findColumn(name, columns)
  if (!column) throw unknownColumns([name], columns)
  // The column is cast to the type in which it is compared. Otherwise the engine would parse text as JSON next to JSON, and round numbers next to
  // floats.
  const quoted = quoteIdentifier(column.name)
  if (column.type === 'json' || isNested(column.type)) return `cast(${quoted} as varchar)`
  if (column.type === 'binary') return `lower(hex(${quoted}))`
  return column.type === 'float' ? `cast(${quoted} as double)` : quoted
}

function functionSql(expression: Extract<Expression, { kind: 'function' }>, scope: CompileScope): string {
  const { name } = expression
  const args = compileTogether(expression.args, scope)
  const [first = 'null'] = args
  switch (name) {
    case 'coalesce':
      return `coalesce(${args.join(', ')})`
    case 'isFinite':
      return `isfinite(cast(${first} as double))`
    case 'lower':
    case 'upper':
    case 'trim':
    case 'length':
      return `${name}(cast(${first} as varchar))`
    case 'abs':
    case 'round':
    case 'floor':
    case 'ceil': {
      const type = expressionType(expression, scope.columns)
      return type && isDecimal(type) ? `cast(${name}(${first}) as ${sqlTypeOf(type)})` : `${name}(${first})`
    }
  }
}

function jsonFieldSql(column: string, key: string, scope: CompileScope): string {
  const pointer = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const text = columnSql(column, scope)
  // A pointer of digits would also match elements of an array. Text that is not JSON has no fields.
  const field = `try(json_extract_string(${text}, ${scope.list.add(pointer, 'varchar')}))`
  return /^\d+$/.test(key) ? `(case when try(json_type(${text})) = 'OBJECT' then ${field} end)` : field
}
