import { RE2JS } from 're2js'
import { WriterConfigurationError } from '../errors/kinds.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import { parseMicros } from '../time/instant.ts'
import { assertClass, assertComparable, classOf, expressionType } from './expression-type.ts'
import type { Expression, Predicate } from './predicate.ts'

type Columns = readonly ColumnDefinition[]

/**
 * Finds what is wrong with a predicate whatever the rows: every storage refuses the same ones with the same errors.
 * Throws WriterSchemaError for columns that are not there and values that cannot be compared, WriterConfigurationError for patterns and instants that
 * cannot be read.
 */
export function assertPredicate(predicate: Predicate, columns: Columns): void {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return
    case 'and':
    case 'or':
      for (const arg of predicate.args) assertPredicate(arg, columns)
      return
    case 'not':
      assertPredicate(predicate.arg, columns)
      return
    case 'compare':
      assertPair(predicate.left, predicate.right, columns)
      return
    case 'in':
      assertExpression(predicate.value, columns)
      for (const value of predicate.list) assertPair(predicate.value, { kind: 'literal', value }, columns)
      return
    case 'between':
      assertPair(predicate.value, predicate.low, columns)
      assertPair(predicate.value, predicate.high, columns)
      return
    case 'isNull':
      assertExpression(predicate.value, columns)
      return
    case 'like':
    case 'matches':
      assertExpression(predicate.value, columns)
      assertClass(predicate.value, 'text', columns, predicate.op)
      if (predicate.op === 'like') likePattern(predicate.pattern)
      else regularExpression(predicate.pattern)
  }
}

/** The same of an expression. */
export function assertExpression(expression: Expression, columns: Columns): void {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      expressionType(expression, columns)
      return
    case 'jsonField':
      assertClass({ kind: 'column', name: expression.column }, 'text', columns, 'the key of a json column')
      return
    case 'arithmetic':
      for (const side of [expression.left, expression.right]) {
        assertExpression(side, columns)
        assertClass(side, 'number', columns, expression.operator)
      }
      return
    case 'case':
      assertPredicate(expression.when, columns)
      assertPair(expression.then, expression.else, columns)
      return
    case 'function':
      assertArguments(expression, columns)
  }
}

function assertArguments({ name, args }: Extract<Expression, { kind: 'function' }>, columns: Columns): void {
  if (args.length === 0 || (args.length > 1 && name !== 'coalesce')) {
    throw new WriterConfigurationError(
      `${name} takes ${name === 'coalesce' ? 'at least one argument' : 'one argument'}`,
      {
        committed: 'no',
      },
    )
  }
  const [first] = args
  for (const arg of args) {
    assertExpression(arg, columns)
    if (name === 'coalesce') {
      if (first) assertComparable(first, arg, columns)
    } else assertClass(arg, TEXT_FUNCTIONS.has(name) ? 'text' : 'number', columns, name)
  }
}

const TEXT_FUNCTIONS = new Set(['length', 'lower', 'upper', 'trim'])

function assertPair(left: Expression, right: Expression, columns: Columns): void {
  assertExpression(left, columns)
  assertExpression(right, columns)
  assertComparable(left, right, columns)
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const type = expressionType(other, columns)
    if (type !== undefined && classOf(type) === 'time') assertInstant(one)
  }
}

function assertInstant(expression: Expression): void {
  if (expression.kind !== 'literal' || typeof expression.value !== 'string') return
  if (parseMicros(expression.value, { assumeUtc: true }) !== undefined) return
  throw new WriterConfigurationError('text that is compared with a timestamp must be an ISO 8601 instant or date', {
    committed: 'no',
  })
}

/** A `like` pattern as a regular expression over the whole text. Throws WriterConfigurationError where it ends in an escape. */
export function likePattern(pattern: string, ignoreCase = false): RE2JS {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? ''
    if (character === '%') source += '.*'
    else if (character === '_') source += '.'
    else if (character === '\\') {
      at++
      if (at === pattern.length) {
        throw new WriterConfigurationError('a like pattern must not end with the escape character', { committed: 'no' })
      }
      source += RE2JS.quote(pattern[at] ?? '')
    } else source += RE2JS.quote(character)
  }
  return RE2JS.compile(`^(?:${source})$`, RE2JS.DOTALL | (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0))
}

/** Throws WriterConfigurationError where the pattern is not of RE2. */
export function regularExpression(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    throw new WriterConfigurationError(`not a regular expression of RE2: ${pattern.slice(0, 100)}`, {
      committed: 'no',
      cause,
      suggestions: ['RE2 has no look-around and no back-references, so that matching takes linear time.'],
    })
  }
}
