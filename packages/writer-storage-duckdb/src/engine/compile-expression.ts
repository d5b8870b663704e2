import {
  type ColumnDefinition,
  commonType,
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
      return functionSql(expression.name, compileTogether(expression.args, scope))
    case 'jsonField':
      return jsonFieldSql(expression.column, expression.key, scope)
    case 'case': {
      const when = compileCondition(expression.when, scope)
      const [then, otherwise] = compileTogether([expression.then, expression.else], scope)
      return `(case when ${when} then ${then} else ${otherwise} end)`
    }
  }
}

/** Expressions that are compared, or of which one is chosen: text beside a time becomes one. */
export function compileTogether(expressions: readonly Expression[], scope: CompileScope): string[] {
  const common = commonType(expressions, scope.columns)
  const isTime = common === 'timestamp' || common === 'date'
  return expressions.map((expression) => (isTime ? timeSql(expression, scope) : compileExpression(expression, scope)))
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
  const column = columns.find((candidate) => candidate.name === name)
  if (!column) throw unknownColumns([name], columns)
  // In the types in which values are compared: the engine would read text beside JSON as JSON, and round numbers beside floats.
  if (column.type === 'json') return `cast(${quoteIdentifier(name)} as varchar)`
  return column.type === 'float' ? `cast(${quoteIdentifier(name)} as double)` : quoteIdentifier(name)
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
