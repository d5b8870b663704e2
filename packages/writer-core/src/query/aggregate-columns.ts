import { assertColumns } from '../batch/select.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { type ColumnType, decimalShape, decimalType } from '../column/column-type.ts'
import { WriterConfigurationError } from '../errors/kinds.ts'
import { operand } from '../predicate/build.ts'
import { assertExpression, assertPredicate } from '../predicate/check.ts'
import { assertClass, expressionType } from '../predicate/expression-type.ts'
import type { Expression } from '../predicate/predicate.ts'
import type { AggregateQuery, GroupKey, Measure } from './aggregate.ts'
import { assertAggregate } from './assert-query.ts'

type Columns = readonly ColumnDefinition[]

/**
 * Returns the output columns of an aggregate over a table with these columns: keys, then measures. Throws WriterSchemaError and
 * WriterConfigurationError for queries that no storage can compute.
 */
export function aggregateColumns(query: AggregateQuery, table: Columns): ColumnDefinition[] {
  assertAggregate(query)
  const columns = query.from ? aggregateColumns(query.from, table) : table
  const { groupBy = [], measures, orderBy = [], where } = query
  if (groupBy.length + measures.length === 0) {
    throw new WriterConfigurationError('an aggregate needs at least one key or measure', { committed: 'no' })
  }
  if (where) assertPredicate(where, columns)
  const output = [
    ...groupBy.map((key) => ({ name: key.as, type: keyType(key, columns), nullable: true })),
    ...measures.map((measure) => ({ name: measure.as, type: measureType(measure, columns), nullable: true })),
  ]
  assertColumns(
    orderBy.map(({ column }) => column),
    output,
  )
  return output
}

function keyType(key: GroupKey, columns: Columns): ColumnType {
  if ('by' in key) {
    assertExpression(key.by, columns)
    return expressionType(key.by, columns) ?? 'string'
  }
  const of = operand(key.of)
  assertExpression(of, columns)
  assertClass(of, 'time', columns, 'bucket' in key ? 'a time bucket' : 'a part of time')
  return 'bucket' in key ? 'timestamp' : 'int64'
}

/** Returns the expressions that a measure reads. */
export function measureExpressions(measure: Measure): Expression[] {
  const of = measure.of === undefined ? [] : Array.isArray(measure.of) ? [...measure.of] : [measure.of as Expression]
  return 'by' in measure ? [...of, measure.by] : of
}

function measureType(measure: Measure, columns: Columns): ColumnType {
  if (measure.where) assertPredicate(measure.where, columns)
  for (const expression of measureExpressions(measure)) assertExpression(expression, columns)
  switch (measure.fn) {
    case 'countDistinct':
      if (measureExpressions(measure).length === 0) {
        throw new WriterConfigurationError('countDistinct takes at least one expression', { committed: 'no' })
      }
      return 'int64'
    case 'count':
      return 'int64'
    case 'any':
    case 'all':
      assertClass(measure.of, 'boolean', columns, measure.fn)
      return 'boolean'
    case 'min':
    case 'max':
    case 'argMax':
    case 'argMin':
      return expressionType(measure.of, columns) ?? 'string'
    case 'quantile':
      if (!(measure.q >= 0 && measure.q <= 1)) {
        throw new WriterConfigurationError('q of a quantile must be from 0 to 1', { committed: 'no' })
      }
      assertClass(measure.of, 'number', columns, measure.fn)
      return 'double'
    case 'sum':
      assertClass(measure.of, 'number', columns, measure.fn)
      return sumType(measure.of, columns)
    default:
      assertClass(measure.of, 'number', columns, measure.fn)
      return 'double'
  }
}

/** Returns the type of a sum: decimals have an exact sum of 38 digits. */
function sumType(of: Expression, columns: Columns): ColumnType {
  const type = expressionType(of, columns)
  const shape = type && decimalShape(type)
  return shape ? decimalType(Math.max(38, shape.precision), shape.scale) : 'double'
}
