import { and, column, eq, gt } from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import type { JudgedRows } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { DIMENSIONS, groupNames } from '../summary/breakdown.ts'

/** A step that failed and then succeeded in the same run. */
export interface FlakyStep {
  readonly pipeline: string
  readonly phase: string
  readonly step: string
  /** The number of such runs. */
  readonly flakyRuns: number
  /** The last of these runs. */
  readonly lastRunId: string
  /** The start of the step in that run. ISO 8601, UTC; null without a time. */
  readonly lastSeen: string | null
}

/** Reads the steps that failed and then succeeded in the same run, those with the most such runs first. */
export async function readFlakySteps({ reader }: LogReading, steps: JudgedRows, limit: number): Promise<FlakyStep[]> {
  // If no run has several attempts, no step was tried again.
  if (!steps.rows.from) return []
  const keys = DIMENSIONS.step
  const found = await reader.aggregate({
    from: steps.rows.from,
    where: and(eq(steps.ok, true), gt('failedAttempts', 0), gt('goodAttempts', 0)),
    groupBy: keys.map((name) => ({ as: name, by: column(name) })),
    measures: [
      { as: 'flakyRuns', fn: 'countDistinct', of: column('run_id') },
      { as: 'lastRun', fn: 'argMax', of: column('run_id'), by: steps.startedAt },
      { as: 'anyRun', fn: 'max', of: column('run_id') },
      { as: 'lastSeen', fn: 'max', of: steps.startedAt },
    ],
    orderBy: [{ column: 'flakyRuns', descending: true }, ...keys.map((name) => ({ column: name }))],
    limit,
  })
  return found.map((row) => {
    const { pipeline = '', phase = '', step = '' } = groupNames(row)
    return {
      pipeline,
      phase,
      step,
      flakyRuns: Number(row.flakyRuns),
      lastRunId: String(row.lastRun ?? row.anyRun),
      lastSeen: textOrNull(row.lastSeen),
    }
  })
}
