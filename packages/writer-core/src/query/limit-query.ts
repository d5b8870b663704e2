import { and } from '../predicate/build.ts'
import type { Predicate } from '../predicate/predicate.ts'
import type { AggregateQuery } from './aggregate.ts'

/** Returns the query of only those rows of the table that match `where`; all if it is undefined. */
export function limitQuery(query: AggregateQuery, where: Predicate | undefined): AggregateQuery {
  if (!where) return query
  if (query.from) return { ...query, from: limitQuery(query.from, where) }
  return { ...query, where: query.where ? and(where, query.where) : where }
}
