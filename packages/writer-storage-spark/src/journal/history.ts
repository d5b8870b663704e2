import type { ColumnDefinition, CommitResult } from '@forge/writer-core'
import { alias, attribute, call, type PlanExpression } from '../plan/expressions.ts'
import { filter, project, sql } from '../plan/relations.ts'
import { queryRows, type ReadWays } from '../query/run-query.ts'
import type { TablePlace } from '../table/place.ts'
import { type CommitNote, parseNote } from './commit-note.ts'

/** A version of a table in Delta's history. */
export interface LoggedCommit {
  readonly version: number
  readonly timestamp: string
  /** The operation in the words of Delta, such as `WRITE` or `MERGE`. */
  readonly operation: string
  readonly note: CommitNote | undefined
  readonly metrics: Readonly<Record<string, string>>
  readonly engine: string | null
  readonly parameters: Readonly<Record<string, string>>
}

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'version', type: 'int64', nullable: false },
  { name: 'timestamp', type: 'timestamp', nullable: true },
  { name: 'operation', type: 'string', nullable: true },
  { name: 'user_metadata', type: 'string', nullable: true },
  { name: 'metrics', type: 'string', nullable: true },
  { name: 'engine', type: 'string', nullable: true },
  { name: 'parameters', type: 'string', nullable: true },
]

/** Reads the newest versions of a table, newest first: `limit` of them, or all. Only those that fulfil `condition`. */
export async function readHistory(
  { session, reconnectMs }: ReadWays,
  { name }: TablePlace,
  { limit, condition }: { readonly limit?: number | undefined; readonly condition?: PlanExpression | undefined } = {},
): Promise<LoggedCommit[]> {
  const all = sql(`describe history ${name}${limit === undefined ? '' : ` limit ${limit}`}`)
  const relation = project(condition ? filter(all, condition) : all, [
    attribute('version'),
    attribute('timestamp'),
    attribute('operation'),
    attribute('userMetadata'),
    alias(call('to_json', attribute('operationMetrics')), 'metrics'),
    attribute('engineInfo'),
    alias(call('to_json', attribute('operationParameters')), 'parameters'),
  ])
  const rows = await queryRows(session, relation, COLUMNS, { reconnectMs })
  return rows
    .map((row) => ({
      version: Number(row.version),
      timestamp: String(row.timestamp),
      operation: String(row.operation),
      note: parseNote(row.user_metadata === null ? null : String(row.user_metadata)),
      metrics: mapOf(row.metrics),
      engine: row.engine === null ? null : String(row.engine),
      parameters: mapOf(row.parameters),
    }))
    .sort((a, b) => b.version - a.version)
}

function mapOf(json: unknown): Readonly<Record<string, string>> {
  return typeof json === 'string' ? (JSON.parse(json) as Record<string, string>) : {}
}

/** Returns the figures of a commit. */
export function resultOf(commit: LoggedCommit, isRepeated: boolean, rowsBefore?: number): CommitResult {
  const { version, timestamp } = commit
  const { inserted, updated, deleted, skipped } = figuresOf(commit, rowsBefore)
  return {
    version,
    alreadyWritten: isRepeated,
    timestamp,
    rowsWritten: inserted + updated,
    rowsInserted: inserted,
    rowsUpdated: updated,
    rowsDeleted: deleted,
    rowsSkipped: skipped,
  }
}

/** The rows that a commit changed. */
export interface CommitFigures {
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  readonly skipped: number
}

/** Returns the rows that a commit changed. `rowsBefore` is the number of rows before an overwrite, which Delta does not count. */
export function figuresOf({ note, metrics, operation }: LoggedCommit, rowsBefore = 0): CommitFigures {
  const metric = (name: string) => Number(metrics[name] ?? 0)
  if (operation === 'MERGE') {
    const inserted = metric('numTargetRowsInserted')
    const skipped = note?.operation === 'ignore' ? note.rows - inserted : 0
    return { inserted, updated: metric('numTargetRowsUpdated'), deleted: metric('numTargetRowsDeleted'), skipped }
  }
  if (operation === 'DELETE') return { inserted: 0, updated: 0, deleted: metric('numDeletedRows'), skipped: 0 }
  if (operation === 'UPDATE') return { inserted: 0, updated: metric('numUpdatedRows'), deleted: 0, skipped: 0 }
  const inserted = note?.rows ?? metric('numOutputRows')
  return { inserted, updated: 0, deleted: note?.operation === 'overwrite' ? rowsBefore : 0, skipped: 0 }
}
