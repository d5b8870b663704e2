import type { LogBatch } from '../batch/log-batch.ts'
import type { Value } from '../column/column-type.ts'
import { assertExpression, assertPredicate } from './check.ts'
import { compileExpression } from './compile-expression.ts'
import { compilePredicate } from './compile-predicate.ts'
import { expressionType } from './expression-type.ts'
import { toValue } from './native.ts'
import type { Expression, Predicate } from './predicate.ts'

/**
 * Evaluates a predicate for each row: 0 false, 1 true, 2 unknown.
 * Throws WriterSchemaError for missing columns and values that cannot be compared, WriterConfigurationError for invalid patterns.
 */
export function evaluatePredicate(predicate: Predicate, batch: LogBatch): Uint8Array {
  assertPredicate(predicate, batch.columns)
  const truth = compilePredicate(predicate, batch.columns)(batch)
  const truths = new Uint8Array(batch.rowCount)
  for (let row = 0; row < batch.rowCount; row++) truths[row] = truth(row)
  return truths
}

/** Evaluates an expression for each row. Throws the errors of {@link evaluatePredicate}. */
export function evaluateExpression(expression: Expression, batch: LogBatch): Value[] {
  assertExpression(expression, batch.columns)
  const type = expressionType(expression, batch.columns)
  const native = compileExpression(expression, batch.columns)(batch)
  return Array.from({ length: batch.rowCount }, (_none, row) => toValue(native(row), type))
}
