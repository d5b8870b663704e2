import { and, column, eq, gte, hasCome, type Predicate, startedAtBy, type TableSource } from '@forge/writer-core'

/** The number of steps of a period, and of those that anomaly detection could not judge. */
export interface JudgedSteps {
  /** Steps with rows in the period. */
  readonly steps: number
  /** Number of these steps that have too few rows to know their usual values. */
  readonly withoutHistory: number
}

/** Minimum number of rows for a baseline; `@forge/writer-anomaly` calls a step with fewer rows cold. */
const MIN_HISTORY_ROWS = 5

/** Counts the steps with rows in a period, and those of them without enough history. */
export async function countJudgedSteps(
  source: TableSource,
  { since, now, pipeline }: { readonly since: Date; readonly now: Date; readonly pipeline: string | undefined },
): Promise<JudgedSteps> {
  const table = await source.table()
  const { columns } = await table.info()
  const startedAt = startedAtBy(columns, now)
  if (startedAt === undefined) return { steps: 0, withoutHistory: 0 }
  const isThere = (name: string) => columns.some((each) => each.name === name)
  const inPeriod: Predicate = gte(startedAt, since)
  const conditions = [
    ...(isThere('created_at') && columns.some(({ name, type }) => name === 'created_at' && type === 'timestamp')
      ? [hasCome('created_at', now)]
      : []),
    ...(pipeline === undefined ? [] : [eq('pipeline_id', pipeline)]),
  ]
  const rows = await table.aggregate({
    ...(conditions.length > 0 && { where: and(...conditions) }),
    groupBy: ['pipeline_id', 'phase', 'step_name'].filter(isThere).map((name) => ({ as: name, by: column(name) })),
    measures: [
      { as: 'rows', fn: 'count' },
      { as: 'judged', fn: 'count', where: inPeriod },
    ],
  })
  const judged = rows.filter((row) => Number(row.judged) > 0)
  return { steps: judged.length, withoutHistory: judged.filter((row) => Number(row.rows) < MIN_HISTORY_ROWS).length }
}
