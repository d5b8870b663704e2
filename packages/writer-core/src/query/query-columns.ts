import { expressionColumns, predicateColumns } from '../predicate/columns-of.ts'
import type { Expression } from '../predicate/predicate.ts'
import type { AggregateQuery, Measure } from './aggregate.ts'

/** Returns the names of the columns that the outer part of a query reads, without its `from`. Names may repeat. */
export function queryColumns({ where, groupBy = [], measures }: AggregateQuery): string[] {
  const keys = groupBy.flatMap((key) => {
    if ('by' in key) return [...expressionColumns(key.by)]
    return typeof key.of === 'string' ? [key.of] : [...expressionColumns(key.of)]
  })
  const figures = measures.flatMap((measure) => [
    ...(measure.where ? predicateColumns(measure.where) : []),
    ...expressionsOf(measure).flatMap((expression) => [...expressionColumns(expression)]),
  ])
  return [...(where ? predicateColumns(where) : []), ...keys, ...figures]
}

function expressionsOf(measure: Measure): Expression[] {
  const of = measure.of === undefined ? [] : Array.isArray(measure.of) ? [...measure.of] : [measure.of as Expression]
  return 'by' in measure ? [...of, measure.by] : of
}
