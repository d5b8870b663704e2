import { and, column, eq, isIn, isUnknownOutcome, literal, not, type Predicate } from '@forge/writer-core'
import { parseMicros } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { MAX_LISTED, RUN_KEYS, runKey } from '../reading/run-keys.ts'
import type { Failure } from './failed-steps.ts'

/** Matches rows of whole runs that failed. */
export function isFailedRun({ hasColumn }: LogReading): Predicate {
  return and(eq('phase', 'pipeline'), eq('success', false), ...(hasColumn('metadata') ? [not(isUnknownOutcome)] : []))
}

/**
 * Reads the runs that failed although none of their steps did, such as a command that was recorded as a whole, or a run that was killed. Each is one failure,
 * of the pipeline. Only the steps that match `steps`, which are those that are shown, stand for their run. Looks at the newest {@link MAX_LISTED} failed runs.
 */
export async function failedRunsWithoutStep(
  reading: LogReading,
  where: Predicate,
  steps: Predicate,
): Promise<Failure[]> {
  const { reader, startedAt, hasColumn } = reading
  const rows = await reader.aggregate({
    where: and(isFailedRun(reading), where),
    groupBy: RUN_KEYS,
    measures: [
      { as: 'message', fn: 'min', of: hasColumn('error_message') ? column('error_message') : literal(null) },
      { as: 'first', fn: 'min', of: startedAt },
    ],
    orderBy: [{ column: 'first', descending: true }, { column: 'run' }],
    limit: MAX_LISTED,
  })
  if (rows.length === 0) return []
  const runs = [...new Set(rows.map(({ run }) => String(run)))]
  const failed = await reader.aggregate({
    where: and(isIn('run_id', runs), steps),
    groupBy: RUN_KEYS,
    measures: [],
  })
  const broken = new Set(failed.map(({ pipeline, run }) => runKey({ pipeline: String(pipeline), runId: String(run) })))
  return rows.flatMap(({ pipeline, run, message, first }): Failure[] => {
    const key = runKey({ pipeline: String(pipeline), runId: String(run) })
    if (broken.has(key)) return []
    const seen = typeof first === 'string' ? (parseMicros(first) ?? null) : null
    return [
      {
        message: String(message ?? ''),
        step: String(pipeline),
        failedSteps: 1,
        firstSeen: seen,
        lastSeen: seen,
        lastRunId: String(run),
        run: key,
      },
    ]
  })
}
