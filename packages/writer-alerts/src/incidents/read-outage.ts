import {
  type AggregateRow,
  and,
  batchRows,
  type ColumnDefinition,
  call,
  column,
  type Expression,
  endExpression,
  eq,
  hasFailed,
  isFailure,
  isIn,
  type LogTable,
  literal,
  type Row,
  runStartExpression,
  startExpression,
  type TableSource,
} from '@forge/writer-core'

/** The last consecutive failed runs of a pipeline. */
export interface Outage {
  readonly pipeline: string
  readonly failedRuns: number
  readonly firstRunId: string
  /** The start of the first of them. ISO 8601, UTC. */
  readonly startedAt: string
  /** The time at which the first of them failed. ISO 8601, UTC. */
  readonly since: string
  /** The first later run in which the failed steps succeeded; undefined while the outage lasts. */
  readonly recovery: { readonly runId: string; readonly at: string } | undefined
}

/** The maximum number of runs to examine. */
const MAX_RUNS = 500
/** The maximum number of runs after an outage that are examined for its end. */
const MAX_CANDIDATES = 50

interface RunFacts {
  readonly runId: string
  readonly startedAt: string
  readonly endedAt: string
  readonly hasFailure: boolean
}

/**
 * Reads the last outage of a pipeline from the log; undefined if none of its last runs failed. The last attempt at a step decides. An outage has
 * ended when a whole run succeeded, or each step that had failed last.
 */
export async function readOutage(
  source: Pick<TableSource, 'table'>,
  pipeline: string,
  tableFqn: string,
): Promise<Outage | undefined> {
  // Rows may be routed to several tables of a schema.
  const table = await source.table({ table: tableFqn.slice(tableFqn.indexOf('.') + 1) })
  const { exists, columns } = await table.info()
  if (!exists) return undefined
  const runs = await lastRuns(table, columns, pipeline)
  const suspects = runs.filter(({ hasFailure }) => hasFailure)
  const failed = await failedSteps(table, pipeline, suspects)
  const isFailed = ({ runId }: RunFacts) => (failed.get(runId)?.failed.size ?? 0) > 0
  const last = runs.findIndex(isFailed)
  if (last < 0) return undefined
  const end = runs.findIndex((run, at) => at > last && !isFailed(run))
  const streak = runs.slice(last, end < 0 ? undefined : end)
  const [latest] = streak
  const first = streak.at(-1)
  if (!latest || !first) return undefined
  return {
    pipeline,
    failedRuns: streak.length,
    firstRunId: first.runId,
    startedAt: first.startedAt,
    since: first.endedAt,
    recovery: await recoveryOf(table, pipeline, {
      steps: failed.get(latest.runId)?.failed ?? new Set(),
      after: runs.slice(0, last).reverse(),
    }),
  }
}

/** Returns the last runs, newest first. */
async function lastRuns(table: LogTable, columns: readonly ColumnDefinition[], pipeline: string): Promise<RunFacts[]> {
  const rows = await table.aggregate({
    where: eq('pipeline_id', pipeline),
    groupBy: [{ as: 'run', by: column('run_id') }],
    measures: [
      { as: 'started', fn: 'min', of: runStartExpression(columns) ?? literal(null) },
      { as: 'ended', fn: 'max', of: lastKnown(columns) },
      { as: 'failures', fn: 'count', where: isFailure(columns) },
    ],
    orderBy: [
      { column: 'started', descending: true },
      { column: 'run', descending: true },
    ],
    limit: MAX_RUNS,
  })
  return rows.map((row: AggregateRow) => {
    const started = isoOf(row.started) ?? new Date(0).toISOString()
    return {
      runId: String(row.run),
      startedAt: started,
      endedAt: isoOf(row.ended) ?? started,
      hasFailure: Number(row.failures) > 0,
    }
  })
}

interface LastAttempt {
  readonly outcome: 'failed' | 'succeeded' | 'unknown'
  readonly start: string
}

interface StepOutcomes {
  readonly failed: ReadonlySet<string>
  readonly succeeded: ReadonlySet<string>
}

/** Returns the steps of each run, grouped by the outcome of their last attempts. */
async function failedSteps(
  table: LogTable,
  pipeline: string,
  runs: readonly RunFacts[],
): Promise<Map<string, StepOutcomes>> {
  const ids = runs.map(({ runId }) => runId)
  const last = new Map<string, Map<string, LastAttempt>>()
  if (ids.length === 0) return new Map()
  const where = and(eq('pipeline_id', pipeline), isIn('run_id', ids))
  for await (const batch of table.scan({ where, columns: await stepColumns(table) })) {
    for (const row of batchRows(batch)) {
      const steps = last.get(String(row.run_id)) ?? new Map<string, LastAttempt>()
      last.set(String(row.run_id), steps)
      const key = stepKey(row)
      const start = typeof row.start_time === 'string' ? row.start_time : ''
      const before = steps.get(key)
      const failed = hasFailed(row)
      // If attempts started together, a failed one decides.
      if (!before || start > before.start || (start === before.start && failed)) {
        steps.set(key, { outcome: failed ? 'failed' : row.success === true ? 'succeeded' : 'unknown', start })
      }
    }
  }
  return new Map([...last].map(([run, steps]) => [run, outcomesOf(steps)]))
}

function outcomesOf(steps: ReadonlyMap<string, LastAttempt>): StepOutcomes {
  const of = (wanted: LastAttempt['outcome']) =>
    new Set([...steps].flatMap(([key, { outcome }]) => (outcome === wanted ? key : [])))
  return { failed: of('failed'), succeeded: of('succeeded') }
}

async function recoveryOf(
  table: LogTable,
  pipeline: string,
  { steps, after }: { readonly steps: ReadonlySet<string>; readonly after: readonly RunFacts[] },
): Promise<Outage['recovery']> {
  const candidates = after.slice(0, MAX_CANDIDATES)
  const outcomes = await failedSteps(table, pipeline, candidates)
  const found = candidates.find(({ runId }) => {
    const succeeded = outcomes.get(runId)?.succeeded ?? new Set()
    const isWhole = [...succeeded].some((key) => key.startsWith(WHOLE_RUN))
    return isWhole || [...steps].every((key) => succeeded.has(key))
  })
  return found && { runId: found.runId, at: found.endedAt }
}

const WHOLE_RUN = 'pipeline\0'

function stepKey({ phase, step_name }: Row): string {
  return `${String(phase)}\0${String(step_name)}`
}

async function stepColumns(table: LogTable): Promise<string[]> {
  const { columns } = await table.info()
  const wanted = ['run_id', 'phase', 'step_name', 'success', 'start_time', 'metadata']
  return wanted.filter((name) => columns.some((each) => each.name === name))
}

/** Returns when a row ended, or when it started if it never ended. */
function lastKnown(columns: readonly ColumnDefinition[]): Expression {
  const [end, start] = [endExpression(columns), startExpression(columns)]
  return end && start ? call('coalesce', end, start) : (end ?? start ?? literal(null))
}

function isoOf(value: unknown): string | undefined {
  return typeof value === 'string' ? new Date(value).toISOString() : undefined
}
