import type { ColumnDefinition, LogBatch, Row } from '@forge/writer-core'
import { batchRows } from '@forge/writer-core'
import { decodeArrow } from '../arrow/decode-arrow.ts'
import { type ExecuteOptions, execute } from '../connect/execute.ts'
import type { Session } from '../connect/session.ts'
import type { PlanRelation } from '../plan/relations.ts'

/** How a read reaches the server. */
export interface ReadWays {
  readonly session: Session
  readonly reconnectMs: number
}

/** Streams the rows of a relation, whose columns have the types of `columns`. */
export async function* queryBatches(
  session: Session,
  relation: PlanRelation,
  columns: readonly ColumnDefinition[],
  options: ExecuteOptions,
): AsyncGenerator<LogBatch> {
  for await (const { responseType } of execute(session, { opType: { case: 'root', value: relation } }, options)) {
    if (responseType.case === 'arrowBatch') yield* decodeArrow(responseType.value.data, columns)
  }
}

/** Resolves with the rows of a small relation. */
export async function queryRows(
  session: Session,
  relation: PlanRelation,
  columns: readonly ColumnDefinition[],
  options: ExecuteOptions,
): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of queryBatches(session, relation, columns, options)) rows.push(...batchRows(batch))
  return rows
}
