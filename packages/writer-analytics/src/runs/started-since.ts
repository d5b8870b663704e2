import { and, column, eq, gte, isIn, literal, lt, not, or, type Predicate } from '@forge/writer-core'
import type { LogReading } from '../reading/log-reading.ts'
import { RUN_KEYS } from '../reading/run-keys.ts'

/** A list of values in a condition stays short enough for every engine. */
const MAX_LISTED = 5000

/**
 * Returns the condition on rows that matches all rows of the runs that started at an instant or later, and no others, so that only these need to be
 * judged. It matches every row if more than 5,000 runs have rows that name starts on both sides of the instant.
 */
export async function startedSince(
  { reader, runStartedAt }: LogReading,
  chosen: Predicate,
  at: Date,
): Promise<Predicate> {
  const across = await reader.aggregate({
    from: {
      where: chosen,
      groupBy: RUN_KEYS,
      measures: [
        { as: 'first', fn: 'min', of: runStartedAt },
        { as: 'last', fn: 'max', of: runStartedAt },
      ],
    },
    where: and(lt('first', literal(at)), gte('last', literal(at))),
    groupBy: ['pipeline', 'run'].map((name) => ({ as: name, by: column(name) })),
    measures: [],
    limit: MAX_LISTED + 1,
  })
  if (across.length > MAX_LISTED) return and()
  const byPipeline = new Map<string, string[]>()
  for (const { pipeline, run } of across) {
    const own = byPipeline.get(String(pipeline)) ?? []
    own.push(String(run))
    byPipeline.set(String(pipeline), own)
  }
  const isAcross = [...byPipeline].map(([pipeline, runs]) => and(eq('pipeline_id', pipeline), isIn('run_id', runs)))
  return and(gte(runStartedAt, literal(at)), not(or(...isAcross)))
}
