import type { LogBatch } from '../batch/log-batch.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { predicateColumns } from './columns-of.ts'
import { compileCompared, compileExpression } from './compile-expression.ts'
import { compareNatives, compareText, type Native } from './native.ts'
import { likePattern, regularExpression } from './patterns.ts'
import type { Bound } from './per-word.ts'
import { perWord } from './per-word.ts'
import type { ComparisonOperator, Expression, Predicate } from './predicate.ts'

type Columns = readonly ColumnDefinition[]

/** The truth value of a predicate: 0 false, 1 true, 2 unknown. */
export type Truth = 0 | 1 | 2

/** Compiles a predicate for batches with these columns. The predicate must have passed `assertPredicate`. */
export function compilePredicate(predicate: Predicate, columns: Columns): Bound<Truth> {
  switch (predicate.op) {
    case 'true':
      return () => () => 1
    case 'false':
      return () => () => 0
    case 'and':
    case 'or': {
      const parts = predicate.args.map((arg) => compilePredicate(arg, columns))
      return allOf(parts, predicate.op === 'and' ? 0 : 1)
    }
    case 'not': {
      const inner = compilePredicate(predicate.arg, columns)
      return (batch) => {
        const truth = inner(batch)
        return (row) => NEGATED[truth(row)]
      }
    }
    default:
      return perWord(compileCondition(predicate, columns), predicateColumns(predicate))
  }
}

const NEGATED = [1, 0, 2] as const satisfies Record<Truth, Truth>

type Condition = Extract<Predicate, { op: 'compare' | 'in' | 'between' | 'isNull' | 'like' | 'matches' }>

function compileCondition(predicate: Condition, columns: Columns): Bound<Truth> {
  switch (predicate.op) {
    case 'compare':
      return compileComparison(predicate, columns)
    case 'in':
      return compileIn(predicate, columns)
    case 'between': {
      const [value, low, high] = compileCompared([predicate.value, predicate.low, predicate.high], columns)
      return allOf(
        [comparison('>=', value ?? NOTHING, low ?? NOTHING), comparison('<=', value ?? NOTHING, high ?? NOTHING)],
        0,
      )
    }
    case 'isNull': {
      const value = compileExpression(predicate.value, columns)
      return (batch) => {
        const at = value(batch)
        return (row) => (at(row) === null ? 1 : 0)
      }
    }
    case 'like':
      return compileText(predicate.value, columns, likePattern(predicate.pattern, predicate.ignoreCase))
    case 'matches':
      return compileText(predicate.value, columns, regularExpression(predicate.pattern))
  }
}

const NOTHING: Bound<Native> = () => () => null

/** Combines parts: the result is `decisive` if one part is, otherwise unknown if one part is, otherwise the opposite of `decisive`. */
function allOf(parts: readonly Bound<Truth>[], decisive: 0 | 1): Bound<Truth> {
  const opposite = decisive === 0 ? 1 : 0
  return (batch) => {
    const bound = parts.map((part) => part(batch))
    return (row) => {
      let result: Truth = opposite
      for (const part of bound) {
        const truth = part(row)
        if (truth === decisive) return decisive
        if (truth === 2) result = 2
      }
      return result
    }
  }
}

const NO_ROWS: LogBatch = { rowCount: 0, columns: [], vectors: [] }

function compileComparison({ operator, left, right }: Extract<Predicate, { op: 'compare' }>, columns: Columns) {
  const [a = NOTHING, b = NOTHING] = compileCompared([left, right], columns)
  if (right.kind !== 'literal') return comparison(operator, a, b)
  const constant = b(NO_ROWS)(0)
  return constant === null ? comparison(operator, a, b) : whereValue(a, comparedWith(operator, constant))
}

function comparison(operator: ComparisonOperator, a: Bound<Native>, b: Bound<Native>): Bound<Truth> {
  const holds = ofOrder(operator)
  return (batch) => {
    const [left, right] = [a(batch), b(batch)]
    return (row) => {
      const [x, y] = [left(row), right(row)]
      return x === null || y === null ? 2 : holds(compareNatives(x, y)) ? 1 : 0
    }
  }
}

function ofOrder(operator: ComparisonOperator): (order: number) => boolean {
  switch (operator) {
    case '=':
      return (order) => order === 0
    case '!=':
      return (order) => order !== 0
    case '<':
      return (order) => order < 0
    case '<=':
      return (order) => order <= 0
    case '>':
      return (order) => order > 0
    case '>=':
      return (order) => order >= 0
  }
}

type Test = (value: Exclude<Native, null>) => boolean

/** Compiles a comparison with a constant that is not null. */
function comparedWith(operator: ComparisonOperator, constant: Exclude<Native, null>): Test {
  if (typeof constant === 'string' && operator !== '=' && operator !== '!=') {
    const holds = ofOrder(operator)
    return (value) => holds(compareText(String(value), constant))
  }
  if (Number.isNaN(constant)) {
    const holds = ofOrder(operator)
    return (value) => holds(compareNatives(value, constant))
  }
  switch (operator) {
    case '=':
      return (value) => value === constant
    case '!=':
      return (value) => value !== constant
    case '<':
      return (value) => value < constant
    case '<=':
      return (value) => value <= constant
    // These are negated, because NaN counts as greater than all numbers.
    case '>':
      return (value) => !(value <= constant)
    case '>=':
      return (value) => !(value < constant)
  }
}

function compileIn({ value, list }: Extract<Predicate, { op: 'in' }>, columns: Columns): Bound<Truth> {
  if (list.length === 0) return () => () => 0
  const [compiled = NOTHING, ...items] = compileCompared(
    [value, ...list.map((item): Expression => ({ kind: 'literal', value: item }))],
    columns,
  )
  const found = new Set(items.map((item) => item(NO_ROWS)(0)))
  const missing: Truth = found.has(null) ? 2 : 0
  return (batch) => {
    const at = compiled(batch)
    return (row) => {
      const native = at(row)
      return native === null ? 2 : found.has(native) ? 1 : missing
    }
  }
}

function compileText(value: Expression, columns: Columns, test: (text: string) => boolean): Bound<Truth> {
  return whereValue(compileExpression(value, columns), (native) => test(String(native)))
}

/** Tests values; the result is unknown if the value is null. */
function whereValue(bound: Bound<Native>, test: Test): Bound<Truth> {
  return (batch) => {
    const at = bound(batch)
    return (row) => {
      const native = at(row)
      return native === null ? 2 : test(native) ? 1 : 0
    }
  }
}
