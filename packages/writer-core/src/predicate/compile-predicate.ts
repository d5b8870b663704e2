import type { LogBatch } from '../batch/log-batch.ts'
import { columnIndex } from '../batch/select.ts'
import { isValid } from '../batch/validity.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import { likePattern, regularExpression } from './check.ts'
import { type Bound, compileBeside, compileExpression, compilePair } from './compile-expression.ts'
import { compareNatives, type Native } from './native.ts'
import type { ComparisonOperator, Expression, Predicate } from './predicate.ts'

type Columns = readonly ColumnDefinition[]

/** 0 false, 1 true, 2 unknown. */
export type Truth = 0 | 1 | 2

/** The truth of a predicate over batches with these columns. The predicate is one that `assertPredicate` lets pass. */
export function compilePredicate(predicate: Predicate, columns: Columns): Bound<Truth> {
  switch (predicate.op) {
    case 'true':
      return () => () => 1
    case 'false':
      return () => () => 0
    case 'and':
      return compileAll(predicate.args, columns, 0)
    case 'or':
      return compileAll(predicate.args, columns, 1)
    case 'not': {
      const inner = compilePredicate(predicate.arg, columns)
      return (batch) => {
        const truth = inner(batch)
        return (row) => negated(truth(row))
      }
    }
    case 'compare':
      return compileComparison(predicate, columns)
    case 'in':
      return compileIn(predicate, columns)
    case 'between': {
      const { value, low, high } = predicate
      const above = compileComparison({ operator: '>=', left: value, right: low }, columns)
      const below = compileComparison({ operator: '<=', left: value, right: high }, columns)
      return allOf([above, below], 0)
    }
    case 'isNull': {
      const value = compileExpression(predicate.value, columns)
      return (batch) => {
        const at = value(batch)
        return (row) => (at(row) === null ? 1 : 0)
      }
    }
    case 'like': {
      const pattern = likePattern(predicate.pattern, predicate.ignoreCase)
      return compileText(predicate.value, columns, (text) => pattern.matcher(text).matches())
    }
    case 'matches': {
      const pattern = regularExpression(predicate.pattern)
      return compileText(predicate.value, columns, (text) => pattern.matcher(text).find())
    }
  }
}

function negated(truth: Truth): Truth {
  return truth === 2 ? 2 : truth === 1 ? 0 : 1
}

function compileAll(args: readonly Predicate[], columns: Columns, decisive: 0 | 1): Bound<Truth> {
  return allOf(
    args.map((arg) => compilePredicate(arg, columns)),
    decisive,
  )
}

/** `decisive` as soon as one part is; else unknown where one is, else the opposite. */
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

type Comparison = Pick<Extract<Predicate, { op: 'compare' }>, 'operator' | 'left' | 'right'>

function compileComparison({ operator, left, right }: Comparison, columns: Columns): Bound<Truth> {
  const [a, b] = compilePair(left, right, columns)
  const general: Bound<Truth> = (batch) => {
    const [valueA, valueB] = [a(batch), b(batch)]
    return (row) => compared(operator, valueA(row), valueB(row))
  }
  const constant = right.kind === 'literal' ? b(NO_ROWS)(0) : undefined
  if (left.kind !== 'column' || constant === undefined) return general
  return (batch) => fastComparison(batch, left.name, operator, constant) ?? general(batch)
}

const NO_ROWS: LogBatch = { rowCount: 0, columns: [], vectors: [] }

/** A column against a constant, without a value being made for each row: once per word of a dictionary, and directly on numbers. */
function fastComparison(batch: LogBatch, name: string, operator: ComparisonOperator, constant: Native) {
  const vector = batch.vectors[columnIndex(batch, name)]
  if (vector?.kind === 'dictionary') {
    const truths = vector.dictionary.map((word) => compared(operator, word, constant))
    const { values, validity } = vector
    return (row: number): Truth => (isValid(validity, row) ? (truths[values[row] ?? 0] ?? 2) : 2)
  }
  if (vector?.kind === 'double' && typeof constant === 'number') {
    const { values, validity } = vector
    return (row: number): Truth => (isValid(validity, row) ? compared(operator, values[row] ?? 0, constant) : 2)
  }
  return undefined
}

function compared(operator: ComparisonOperator, left: Native, right: Native): Truth {
  if (left === null || right === null) return 2
  const order = compareNatives(left, right)
  switch (operator) {
    case '=':
      return order === 0 ? 1 : 0
    case '!=':
      return order === 0 ? 0 : 1
    case '<':
      return order < 0 ? 1 : 0
    case '<=':
      return order <= 0 ? 1 : 0
    case '>':
      return order > 0 ? 1 : 0
    case '>=':
      return order >= 0 ? 1 : 0
  }
}

function compileIn({ value, list }: Extract<Predicate, { op: 'in' }>, columns: Columns): Bound<Truth> {
  if (list.length === 0) return () => () => 0
  const items = list.map((item) => compileBeside({ kind: 'literal', value: item }, value, columns)(NO_ROWS)(0))
  const found = new Set(items.map(inKey))
  const missing: Truth = items.includes(null) ? 2 : 0
  const compiled = compileExpression(value, columns)
  return (batch) => {
    const at = compiled(batch)
    return (row) => {
      const native = at(row)
      if (native === null) return 2
      return found.has(inKey(native)) ? 1 : missing
    }
  }
}

/** Equal for numbers and bigints that are equal. */
function inKey(value: Native): Native {
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  return BigInt(number) === value ? number : value
}

function compileText(value: Expression, columns: Columns, test: (text: string) => boolean): Bound<Truth> {
  const compiled = compileExpression(value, columns)
  return (batch) => {
    const at = compiled(batch)
    const known = new Map<string, Truth>()
    return (row) => {
      const text = at(row)
      if (typeof text !== 'string') return 2
      let truth = known.get(text)
      if (truth === undefined) {
        truth = test(text) ? 1 : 0
        if (known.size < MOST_KNOWN) known.set(text, truth)
      }
      return truth
    }
  }
}

const MOST_KNOWN = 10_000
