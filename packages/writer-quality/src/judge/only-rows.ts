import { and, type Predicate } from '@forge/writer-core'
import { limitQuery } from '@forge/writer-core/storage'
import type { RowsToJudge } from './rows-to-judge.ts'

/** Returns the stored rows that match the predicate; all if it is undefined. */
export function onlyRows(rows: RowsToJudge, where: Predicate | undefined): RowsToJudge {
  if (!where) return rows
  return {
    columns: rows.columns,
    aggregate: (query) => rows.aggregate(limitQuery(query, where)),
    scan: (query) => rows.scan({ ...query, where: query.where ? and(where, query.where) : where }),
  }
}
