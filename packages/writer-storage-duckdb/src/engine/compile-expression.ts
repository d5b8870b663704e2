import {
  type ColumnDefinition,
  type ColumnType,
  type Expression,
  parseMicros,
  unknownColumns,
  WriterConfigurationError,
} from '@forge/writer-core'
import { compileCondition } from './compile-predicate.ts'
import { quoteIdentifier } from './identifiers.ts'
import { literalSql, type ParameterList, timestampSql } from './parameters.ts'

/** What a compiler of expressions knows: the columns there are, and where values go. */
export interface CompileScope {
  readonly columns: readonly ColumnDefinition[]
  readonly list: ParameterList
}

/** SQL of an expression, its values in `scope.list`. Throws WriterSchemaError for columns that are not there. */
export function compileExpression(expression: Expression, scope: CompileScope): string {
  switch (expression.kind) {
    case 'column':
      return columnSql(expression.name, scope)
    case 'literal':
      return literalSql(expression.value, scope.list)
    case 'arithmetic': {
      const left = `cast(${compileExpression(expression.left, scope)} as double)`
      const right = `cast(${compileExpression(expression.right, scope)} as double)`
      const divides = expression.operator === '/' || expression.operator === '%'
      return `(${left} ${expression.operator} ${divides ? `nullif(${right}, 0)` : right})`
    }
    case 'function':
      return functionSql(
        expression.name,
        expression.args.map((arg) => compileExpression(arg, scope)),
      )
    case 'jsonField':
      return jsonFieldSql(expression.column, expression.key, scope)
    case 'case': {
      const when = compileCondition(expression.when, scope)
      const [then, otherwise] = compilePair(expression.then, expression.else, scope)
      return `(case when ${when} then ${then} else ${otherwise} end)`
    }
  }
}

/** Two expressions that are compared: text beside a timestamp or a date becomes one. */
export function compilePair(left: Expression, right: Expression, scope: CompileScope): readonly [string, string] {
  return [compileBeside(left, right, scope), compileBeside(right, left, scope)]
}

/** `expression` as it is compared with `other`. Throws WriterConfigurationError for text that is no instant beside a timestamp. */
export function compileBeside(expression: Expression, other: Expression, scope: CompileScope): string {
  const type = expressionType(other, scope)
  if (type !== 'timestamp' && type !== 'date') return compileExpression(expression, scope)
  if (expression.kind !== 'literal' || typeof expression.value !== 'string') return compileExpression(expression, scope)
  const micros = parseMicros(expression.value, { assumeUtc: true })
  if (micros === undefined) {
    throw new WriterConfigurationError('text that is compared with a timestamp must be an ISO 8601 instant or date', {
      committed: 'no',
    })
  }
  return timestampSql(micros, scope.list)
}

/** The type of an expression's values, where it is plain. */
export function expressionType(expression: Expression, scope: Pick<CompileScope, 'columns'>): ColumnType | undefined {
  switch (expression.kind) {
    case 'column':
      return scope.columns.find(({ name }) => name === expression.name)?.type
    case 'literal':
      if (expression.value instanceof Date) return 'timestamp'
      if (typeof expression.value === 'string') return 'string'
      if (typeof expression.value === 'boolean') return 'boolean'
      return expression.value === null ? undefined : Number.isInteger(Number(expression.value)) ? 'int64' : 'double'
    case 'arithmetic':
      return 'double'
    case 'jsonField':
      return 'string'
    case 'case':
      return expressionType(expression.then, scope) ?? expressionType(expression.else, scope)
    case 'function':
      return functionType(expression, scope)
  }
}

function functionType(
  expression: Extract<Expression, { kind: 'function' }>,
  scope: Pick<CompileScope, 'columns'>,
): ColumnType | undefined {
  switch (expression.name) {
    case 'length':
      return 'int64'
    case 'isFinite':
      return 'boolean'
    case 'lower':
    case 'upper':
    case 'trim':
      return 'string'
    default:
      return expression.args.map((arg) => expressionType(arg, scope)).find((type) => type !== undefined)
  }
}

function columnSql(name: string, { columns }: CompileScope): string {
  if (!columns.some((column) => column.name === name)) throw unknownColumns([name], columns)
  return quoteIdentifier(name)
}

function functionSql(name: Extract<Expression, { kind: 'function' }>['name'], args: readonly string[]): string {
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
    case 'ceil':
      return `${name}(${first})`
  }
}

function jsonFieldSql(column: string, key: string, scope: CompileScope): string {
  const pointer = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const text = columnSql(column, scope)
  // A pointer of digits would also find elements of an array; text that is no JSON has no fields.
  const field = `try(json_extract_string(${text}, ${scope.list.add(pointer, 'varchar')}))`
  return /^\d+$/.test(key) ? `(case when try(json_type(${text})) = 'OBJECT' then ${field} end)` : field
}
