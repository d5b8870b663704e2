import { assertColumns } from '../batch/select.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import type { ColumnType } from '../column/column-type.ts'
import { parseDecimal } from '../column/decimal.ts'
import { WriterConfigurationError } from '../errors/kinds.ts'
import { parseMicros } from '../time/instant.ts'
import { expressionColumns, predicateColumns } from './columns-of.ts'
import { assertClass, classOf, commonType, comparisonType, isTextLiteral } from './expression-type.ts'
import { likePattern, regularExpression } from './patterns.ts'
import type { Expression, FunctionName, Literal, Predicate } from './predicate.ts'

type Columns = readonly ColumnDefinition[]

/**
 * Checks a predicate independently of any rows, so that every storage rejects the same predicates with the same errors.
 * Throws WriterSchemaError for missing columns and values that cannot be compared, WriterConfigurationError for invalid patterns, instants and
 * numbers.
 */
export function assertPredicate(predicate: Predicate, columns: Columns): void {
  assertColumns(predicateColumns(predicate), columns)
  checkPredicate(predicate, columns)
}

/** Checks an expression; see {@link assertPredicate}. */
export function assertExpression(expression: Expression, columns: Columns): void {
  assertColumns(expressionColumns(expression), columns)
  checkExpression(expression, columns)
}

function checkPredicate(predicate: Predicate, columns: Columns): void {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return
    case 'and':
    case 'or':
      for (const arg of predicate.args) checkPredicate(arg, columns)
      return
    case 'not':
      checkPredicate(predicate.arg, columns)
      return
    case 'compare':
      checkCompared([predicate.left, predicate.right], columns)
      return
    case 'in':
      checkCompared([predicate.value, ...predicate.list.map((value) => ({ kind: 'literal', value }) as const)], columns)
      return
    case 'between':
      checkCompared([predicate.value, predicate.low, predicate.high], columns)
      return
    case 'isNull':
      checkExpression(predicate.value, columns)
      return
    case 'like':
    case 'matches':
      checkExpression(predicate.value, columns)
      assertClass(predicate.value, 'text', columns, predicate.op)
      if (predicate.op === 'like') likePattern(predicate.pattern)
      else regularExpression(predicate.pattern)
  }
}

function checkExpression(expression: Expression, columns: Columns): void {
  switch (expression.kind) {
    case 'column':
      return
    case 'literal':
      checkLiteral(expression.value)
      return
    case 'jsonField':
      assertClass({ kind: 'column', name: expression.column }, 'text', columns, 'the key of a json column')
      return
    case 'arithmetic':
      for (const side of [expression.left, expression.right]) {
        checkExpression(side, columns)
        assertClass(side, 'number', columns, expression.operator)
      }
      return
    case 'case':
      checkPredicate(expression.when, columns)
      checkTogether([expression.then, expression.else], columns)
      return
    case 'function':
      checkArguments(expression.name, expression.args, columns)
  }
}

export const MAX_INTEGER = 2n ** 127n - 1n

function checkLiteral(value: Literal): void {
  if (value instanceof Date && Number.isNaN(value.getTime()))
    throw configurationError('a Date in a predicate is not valid')
  if (typeof value === 'object' && value !== null && 'decimal' in value && parseDecimal(value.decimal) === undefined) {
    throw configurationError('a decimal in a predicate is not a number in digits')
  }
  if (typeof value === 'bigint' && (value > MAX_INTEGER || value < -MAX_INTEGER)) {
    throw configurationError('an integer in a predicate has more than 128 bits')
  }
}

function checkTogether(expressions: readonly Expression[], columns: Columns): void {
  for (const expression of expressions) checkExpression(expression, columns)
  assertInstants(commonType(expressions, columns), expressions)
}

function checkCompared(expressions: readonly Expression[], columns: Columns): void {
  for (const expression of expressions) checkExpression(expression, columns)
  assertInstants(comparisonType(expressions, columns), expressions)
}

function assertInstants(type: ColumnType | undefined, expressions: readonly Expression[]): void {
  if (type === undefined || classOf(type) !== 'time') return
  for (const expression of expressions) {
    if (isTextLiteral(expression) && parseMicros(expression.value, { assumeUtc: true }) === undefined) {
      throw configurationError('text that is compared with a timestamp must be an ISO 8601 instant or date')
    }
  }
}

const TEXT_FUNCTIONS = new Set<FunctionName>(['length', 'lower', 'upper', 'trim'])

function checkArguments(name: FunctionName, args: readonly Expression[], columns: Columns): void {
  if (name === 'coalesce') {
    if (args.length === 0) throw configurationError('coalesce takes at least one argument')
    checkTogether(args, columns)
    return
  }
  const [argument] = args
  if (args.length !== 1 || argument === undefined) throw configurationError(`${name} takes one argument`)
  checkExpression(argument, columns)
  assertClass(argument, TEXT_FUNCTIONS.has(name) ? 'text' : 'number', columns, name)
}

function configurationError(message: string): WriterConfigurationError {
  return new WriterConfigurationError(message, { committed: 'no' })
}
