import { and, type Predicate } from '@forge/writer-core'
import { withRows } from './figures.ts'
import type { RowsToJudge } from './rows-to-judge.ts'

/** Of stored rows those that the predicate takes; all where there is none. */
export function onlyRows(rows: RowsToJudge, where: Predicate | undefined): RowsToJudge {
  if (!where) return rows
  return {
    columns: rows.columns,
    aggregate: (query) => rows.aggregate(withRows(query, where)),
    scan: (query) => rows.scan({ ...query, where: query.where ? and(where, query.where) : where }),
  }
}
