import {
  and,
  type ColumnDefinition,
  eq,
  gte,
  isIn,
  isNull,
  literal,
  lte,
  or,
  type Predicate,
  startExpression,
  type TableReader,
} from '@forge/writer-core'
import { findColumn } from '@forge/writer-core/storage'
import { STEP_RUN_COLUMNS, stepRunsOfBatch } from '../series/from-batch.ts'
import { compareStepRuns, type StepRun } from '../series/step-run.ts'

export interface HistoryQuery {
  /** The earliest start of the rows. Default: the first. */
  readonly from?: Date | undefined
  /** The pipelines to read, with the earliest start of each. */
  readonly starts?: ReadonlyMap<string, Date> | undefined
  /** The latest start of the rows. Default: the last. */
  readonly to?: Date | undefined
  /** The pipelines to read. Default: all. */
  readonly pipelines?: readonly string[] | undefined
  /** The time of rows that have none. */
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

/** The order of {@link compareStepRuns}, as columns. */
const ORDER = ['start_time', 'pipeline_id', 'run_id', 'phase', 'step_name', 'execution_id'] as const

/**
 * Reads the rows of a log in order of time, batch by batch. The storage gets columns, condition and order; only if rows lack a start are all of them
 * read and sorted here.
 */
export async function* readHistory(table: TableReader, query: HistoryQuery): AsyncGenerator<StepRun[]> {
  const { exists, columns } = await table.info()
  if (!exists) return
  const isThere = (name: string) => findColumn(name, columns) !== undefined
  const wanted = STEP_RUN_COLUMNS.filter(isThere)
  const where = conditionOf(columns, query)
  const scan = {
    columns: wanted,
    where,
    signal: query.signal,
  }
  const nowMs = query.now.getTime()
  if (ORDER.every(isThere) && (await everyRowHasStart(table, columns, where))) {
    const orderBy = ORDER.map((name) => ({ column: name }))
    for await (const batch of table.scan({ ...scan, orderBy })) yield stepRunsOfBatch(batch, nowMs)
    return
  }
  const rows: StepRun[] = []
  for await (const batch of table.scan(scan)) for (const row of stepRunsOfBatch(batch, nowMs)) rows.push(row)
  yield rows.sort(compareStepRuns)
}

async function everyRowHasStart(
  table: TableReader,
  columns: readonly ColumnDefinition[],
  where: Predicate | undefined,
): Promise<boolean> {
  const isTimestamp = findColumn('start_time', columns)?.type === 'timestamp'
  if (!isTimestamp) return false
  const missing = isNull('start_time')
  const [row] = await table.aggregate({
    where: where ? and(where, missing) : missing,
    measures: [{ as: 'rows', fn: 'count' }],
  })
  return Number(row?.rows ?? 0) === 0
}

function conditionOf(
  columns: readonly ColumnDefinition[],
  { from, to, pipelines, starts }: HistoryQuery,
): Predicate | undefined {
  const started = startExpression(columns)
  const [only] = pipelines ?? []
  const parts: Predicate[] = [
    ...(started && from ? [gte(started, literal(from))] : []),
    ...(started && to ? [lte(started, literal(to))] : []),
    ...(started && starts
      ? [or(...[...starts].map(([name, start]) => and(eq('pipeline_id', name), gte(started, literal(start)))))]
      : []),
    ...(pipelines === undefined
      ? []
      : [pipelines.length === 1 ? eq('pipeline_id', only ?? '') : isIn('pipeline_id', pipelines)]),
  ]
  return parts.length > 0 ? and(...parts) : undefined
}
