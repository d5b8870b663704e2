import { and, eq, gt, literal, lt, ne, or, type Predicate, type TableSource } from '@forge/writer-core'
import { judgedRows } from '../reading/judged-rows.ts'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import { assertTableOption, type TableOption } from '../reading/table-option.ts'
import { readRunFacts } from './read-run-facts.ts'
import type { RunFacts } from './run-facts.ts'
import { type RunPlace, readRunPage } from './run-page.ts'
import { type RunOfMode, runsBefore } from './runs-before.ts'

/** Returns the facts of the last run of the same pipeline and mode that succeeded before a run; null if no run did, or the run does not exist. */
export async function findLastGoodRun(
  source: TableSource,
  runId: string,
  options: TableOption = {},
): Promise<RunFacts | null> {
  assertTableOption('findLastGoodRun', options)
  const reading = await openReading(source, options.table)
  if (!reading.exists) return null
  const where = eq('run_id', runId)
  const judged = await judgedRows(reading, where)
  const [place] = await readRunPage(reading, judged.all, { limit: 1 })
  const [run] = place ? await readRunFacts(reading, [place], { chosen: where, judged }) : []
  return run ? ((await readLastGoodRun(reading, run)) ?? null) : null
}

/** Finds the last run of the same pipeline and mode that succeeded before a run. A run without a time is compared with the newest. */
export async function readLastGoodRun(reading: LogReading, run: RunOfMode): Promise<RunFacts | undefined> {
  const known = runsBefore(reading, run)
  if (known) return known.lastGood
  const chosen = and(eq('pipeline_id', run.pipeline), eq('run_mode', run.mode))
  const judged = await judgedRows(reading, chosen)
  const [place] = await readRunPage(reading, judged.all, { where: comesBefore(run), outcomes: ['succeeded'], limit: 1 })
  return place && (await readRunFacts(reading, [place], { chosen, judged }))[0]
}

/**
 * Matches the runs that come after another one in the order of lists: those that started before it, and of those that started together the ones with
 * a greater id.
 */
export function comesBefore({ startedAt, runId }: RunPlace): Predicate {
  if (startedAt === null) return ne('run', runId)
  const start = literal(startedAt)
  return or(lt('started', start), and(eq('started', start), gt('run', runId)))
}
