import { column, isNotNull, jsonField, type Predicate } from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { runKey } from '../reading/run-keys.ts'
import { pathOf, type StepOnTime } from './critical-path.ts'
import { stepKey } from './run-steps.ts'

/** The keys ({@link stepKey}) of the steps on the critical path of each run, by {@link runKey}. */
export type CriticalSteps = ReadonlyMap<string, ReadonlySet<string>>

/** The maximum number of steps of all runs, because their times are held in memory. */
const MAX_STEPS = 100_000

const KEYS = ['pipeline_id', 'run_id', 'phase', 'step_name'].map((name) => ({ as: name, by: column(name) }))

/** Reads the steps on the critical paths of runs, by the times of their last attempts; undefined for more than 100,000 steps. */
export async function readCriticalSteps(
  { reader, startedAt, hasColumn }: LogReading,
  where: Predicate,
): Promise<CriticalSteps | undefined> {
  if (!hasColumn('start_time') || !hasColumn('end_time')) return undefined
  const status = jsonField('metadata', 'status')
  const last = (name: string) => ({ as: name, fn: 'argMax', of: column(name), by: startedAt }) as const
  const rows = await reader.aggregate({
    where,
    groupBy: KEYS,
    measures: [
      last('start_time'),
      last('end_time'),
      ...(hasColumn('metadata')
        ? [{ as: 'status', fn: 'argMax', of: status, by: startedAt, where: isNotNull(status) } as const]
        : []),
    ],
    limit: MAX_STEPS + 1,
  })
  if (rows.length > MAX_STEPS) return undefined
  const runs = new Map<string, StepOnTime[]>()
  for (const row of rows) {
    const key = runKey({ pipeline: String(row.pipeline_id), runId: String(row.run_id) })
    const steps = runs.get(key) ?? []
    const times = {
      startedAt: textOrNull(row.start_time),
      endedAt: textOrNull(row.end_time),
      status: textOrNull(row.status),
    }
    steps.push({ phase: String(row.phase), step: String(row.step_name), ...times })
    runs.set(key, steps)
  }
  return new Map([...runs].map(([key, steps]) => [key, new Set(pathOf({ steps })?.steps.map(stepKey))]))
}
