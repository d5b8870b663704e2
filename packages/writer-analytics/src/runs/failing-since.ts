import { and, column, eq, not, or, type Predicate } from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import { judgedRows } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { comesBefore } from './last-good-run.ts'
import { hasOutcome, type RunPlace, runsOf } from './run-page.ts'
import { type RunOfMode, type RunsBefore, runsBefore } from './runs-before.ts'

/** An unbroken series of failures that ends with a run. */
export interface FailingSince {
  readonly runId: string
  /** The start of the first failed run. ISO 8601, UTC; null if it has no time. */
  readonly startedAt: string | null
  /** The number of failed runs. */
  readonly failedRuns: number
}

/** Returns the series of failures of a failed run's pipeline in its mode. It starts with the first failed run after `lastGood`, or of all runs. */
export async function readFailingSince(
  reading: LogReading,
  run: RunOfMode,
  lastGood: RunPlace | undefined,
): Promise<FailingSince> {
  const known = runsBefore(reading, run)
  if (known?.isFailed) return firstOf(run, known.since)
  const chosen = and(eq('pipeline_id', run.pipeline), eq('run_mode', run.mode))
  const judged = (await judgedRows(reading, chosen)).all
  const upToHere: Predicate = or(comesBefore(run), eq('run', run.runId))
  const sinceGood = lastGood ? [not(or(comesBefore(lastGood), eq('run', lastGood.runId)))] : []
  const [row = {}] = await reading.reader.aggregate({
    from: runsOf(judged),
    where: and(hasOutcome(['failed'], judged), upToHere, ...sinceGood),
    measures: [
      { as: 'failedRuns', fn: 'count' },
      { as: 'first', fn: 'argMin', of: column('run'), by: column('started') },
      { as: 'firstStart', fn: 'min', of: column('started') },
    ],
  })
  return {
    runId: textOrNull(row.first) ?? run.runId,
    startedAt: textOrNull(row.firstStart) ?? run.startedAt,
    failedRuns: Math.max(1, Number(row.failedRuns ?? 0)),
  }
}

function firstOf(run: RunPlace, since: RunsBefore['since']): FailingSince {
  const failed = since.filter(({ outcome }) => outcome === 'failed')
  const { runId, startedAt } = failed.at(-1) ?? run
  return { runId, startedAt, failedRuns: failed.length + 1 }
}
