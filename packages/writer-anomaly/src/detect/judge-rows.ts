import type { Anomaly, TableSource } from '@forge/writer-core'
import { learnHistory } from '../history/load-model.ts'
import { readHistory } from '../history/read-history.ts'
import type { AnomalyModel } from '../model/anomaly-model.ts'
import { compareStepRuns, identityOf, type StepRun } from '../series/step-run.ts'

export interface JudgeContext {
  readonly now: Date
  readonly historyDays: number
  /** The time up to which the history is learned. Default: that of the newest judged row. */
  readonly until?: Date | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Judges rows that need not be the newest of their pipelines. Learns the rows before them, judges them together with all later rows, and returns only
 * the findings about them. The history never contains the rows themselves, even if they are stored.
 */
export async function judgeAmongHistory(
  model: AnomalyModel,
  source: TableSource,
  judged: readonly StepRun[],
  { now, historyDays, signal, until }: JudgeContext,
): Promise<Anomaly[]> {
  if (judged.length === 0) return []
  const identities = new Set(judged.map(identityOf))
  const pipelines = [...new Set(judged.map(({ pipeline }) => pipeline))]
  const times = judged.map(({ timeMs }) => timeMs)
  const [first, last] = [new Date(minimum(times)), new Date(-minimum(times.map((time) => -time)))]
  const query = { pipelines, now, signal }
  await learnHistory(model, source, { ...query, before: first, historyDays, without: identities })
  const since: StepRun[] = []
  for await (const rows of readHistory(await source.table(), {
    ...query,
    from: first,
    to: until && until > last ? until : last,
  })) {
    for (const row of rows) if (!identities.has(identityOf(row))) since.push(row)
  }
  const found = model.update([...since, ...judged].sort(compareStepRuns), now.getTime())
  return found.filter(isAbout(judged))
}

/** Returns a function that tests whether a finding is about one of the rows, its run, or the gap that its run ended. */
export function isAbout(rows: readonly StepRun[]): (anomaly: Anomaly) => boolean {
  const steps = new Set(rows.map(({ pipeline, runId, phase, step }) => [pipeline, runId, phase, step].join('\0')))
  const runs = new Set(rows.map(({ pipeline, runId }) => [pipeline, runId].join('\0')))
  const pipelines = new Set(rows.map(({ pipeline }) => pipeline))
  return ({ pipeline, runId, phase, step, type }) => {
    if (runId === null) return pipelines.has(pipeline)
    if (phase === null || type === 'step_missing') return runs.has([pipeline, runId].join('\0'))
    return steps.has([pipeline, runId, phase, step].join('\0'))
  }
}

function minimum(values: readonly number[]): number {
  return values.reduce((min, each) => Math.min(min, each), Number.POSITIVE_INFINITY)
}
