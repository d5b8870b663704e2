import {
  and,
  column,
  gte,
  isIn,
  literal,
  lt,
  type Predicate,
  startExpression,
  type TableReader,
} from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'

/** The minimum history that a baseline needs of each pipeline, in days and in runs. */
const NEEDED_DAYS = 60
const NEEDED_RUNS = 120
/** The maximum number of pipelines for which the query has a condition each. */
const MAX_CONDITIONS = 200

export interface NeededHistory {
  readonly before: Date
  readonly historyDays: number
  /** The pipelines to read. Default: all. */
  readonly pipelines?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Returns the time from which each pipeline is read: a frequent pipeline shows in weeks what others show in half a year. It is one aggregate over the
 * table; undefined if the columns of the table do not say when rows started.
 */
export async function historyStarts(
  table: TableReader,
  { before, historyDays, pipelines, signal }: NeededHistory,
): Promise<ReadonlyMap<string, Date> | undefined> {
  const { exists, columns } = await table.info()
  const started = startExpression(columns)
  if (!exists || !started || !['pipeline_id', 'run_id'].every((name) => columns.some((each) => each.name === name)))
    return undefined
  const oldest = new Date(before.getTime() - historyDays * DAY_MS)
  const parts: Predicate[] = [gte(started, literal(oldest)), lt(started, literal(before))]
  if (pipelines) parts.push(isIn('pipeline_id', pipelines))
  const found = await table.aggregate({
    where: and(...parts),
    groupBy: [{ as: 'pipeline', by: column('pipeline_id') }],
    measures: [
      { as: 'runs', fn: 'countDistinct', of: column('run_id') },
      { as: 'first', fn: 'min', of: started },
    ],
    signal,
  })
  const starts = new Map<string, Date>()
  for (const { pipeline, runs, first } of found) {
    const firstMs = Date.parse(String(first))
    if (typeof pipeline !== 'string' || Number.isNaN(firstMs)) continue
    const days = Math.max(
      NEEDED_DAYS,
      (NEEDED_RUNS * (before.getTime() - firstMs)) / (DAY_MS * Math.max(1, Number(runs))),
    )
    starts.set(pipeline, new Date(Math.max(oldest.getTime(), before.getTime() - days * DAY_MS)))
  }
  return starts.size > MAX_CONDITIONS ? undefined : starts
}

/** Returns the pipelines that have rows since then; undefined if the columns of the table do not say. */
export async function pipelinesSince(
  table: TableReader,
  since: Date,
  signal: AbortSignal | undefined,
): Promise<string[] | undefined> {
  const { exists, columns } = await table.info()
  const started = startExpression(columns)
  if (!exists || !started || !columns.some(({ name }) => name === 'pipeline_id')) return undefined
  const found = await table.aggregate({
    where: gte(started, literal(since)),
    groupBy: [{ as: 'pipeline', by: column('pipeline_id') }],
    measures: [{ as: 'rows', fn: 'count' }],
    signal,
  })
  return found.flatMap(({ pipeline }) => (typeof pipeline === 'string' ? [pipeline] : []))
}
