import type { Predicate, ScanQuery } from '@forge/writer-core'
import { findColumn } from '@forge/writer-core/storage'
import type { AddFile } from '../actions/actions.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { parseSchema } from '../schema/schema-json.ts'
import { liveRows } from '../stats/parsed-stats.ts'
import { type ColumnRange, type Comparable, columnRange, compareBounds } from './column-range.ts'
import { skipFiles } from './data-skipping.ts'

/** The parts of a query that decide which files it reads. */
export interface FileQuery extends Pick<ScanQuery, 'orderBy' | 'limit' | 'offset'> {
  readonly where?: Predicate | undefined
}

/** Returns the files that may hold a row of the answer, by partitions and statistics. */
export function neededFiles(snapshot: Snapshot, query: FileQuery): AddFile[] {
  const files = skipFiles(snapshot, [...snapshot.state().files.values()], query.where)
  return topFiles(snapshot, files, query)
}

interface Bounds {
  readonly add: AddFile
  /** The first and the last position of the file's rows in the order; undefined if unknown. */
  readonly near: Comparable | undefined
  readonly far: Comparable | undefined
  readonly hasNulls: ColumnRange['hasNulls']
  /** The minimum number of rows between the two. */
  readonly rows: number
}

/**
 * Returns the files that may hold one of the first rows in an order. Takes files by their far bound until they hold as many rows as are asked for;
 * all of these rows come no later than the last of these bounds. A file whose near bound comes after it is left out. (Top-k pruning: Zimmerer et al.,
 * "Pruning in Snowflake: Working Smarter, Not Harder", 2025.)
 */
function topFiles(
  snapshot: Snapshot,
  files: readonly AddFile[],
  { where, orderBy = [], limit, offset = 0 }: FileQuery,
): AddFile[] {
  const [first] = orderBy
  const field = first && findColumn(first.column, parseSchema(snapshot.metadata).fields)
  // It is unknown how many rows a condition keeps.
  if (first === undefined || field === undefined || limit === undefined || (where && where.op !== 'true'))
    return [...files]
  const { descending = false, nulls = 'last' } = first
  const bounds = files.map((add): Bounds => {
    const { min, max, maxIsLast, hasNulls } = columnRange(snapshot, add, field)
    const isCertain = maxIsLast && hasNulls === 'none'
    const [near, far] = descending ? [max, min] : [min, max]
    return { add, near: maxIsLast ? near : undefined, far, hasNulls, rows: isCertain ? (liveRows(add) ?? 0) : 0 }
  })
  const order = (a: Bounds['far'], b: Bounds['far']) =>
    (a && b ? (compareBounds(a, b) ?? 0) : 0) * (descending ? -1 : 1)
  const counted = bounds.filter(({ far, rows }) => far !== undefined && rows > 0).sort((a, b) => order(a.far, b.far))
  let rows = 0
  const last = counted.find((each) => {
    rows += each.rows
    return rows >= limit + offset
  })
  if (last === undefined) return [...files]
  const mayHoldOne = ({ near, hasNulls }: Bounds) => {
    if (hasNulls === 'all') return nulls === 'first'
    if (nulls === 'first' && hasNulls !== 'none') return true
    return near === undefined || order(near, last.far) <= 0
  }
  return bounds.filter(mayHoldOne).map(({ add }) => add)
}
