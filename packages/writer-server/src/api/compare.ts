import { compareRuns, differencesOf, type RunDifferences, type RunsCompared } from '@forge/writer-analytics'
import type { TableSource } from '@forge/writer-core'
import { ProblemError } from '../http/problem.ts'
import { wantedRun } from './find-run.ts'

/** Two runs, and the steps that differ, the most severe difference first. */
export type Comparison = RunsCompared & RunDifferences

/** Compares two runs. Throws ProblemError if one of them does not exist. */
export async function compareWantedRuns(source: TableSource, a: string, b: string): Promise<Comparison> {
  const compared = await compareRuns(source, await wantedRun(source, a), await wantedRun(source, b))
  if (!compared.available) throw new ProblemError('NOT_FOUND', compared.reason, { context: { a, b } })
  const stepsOf = (run: 'a' | 'b') => compared.steps.flatMap((step) => step[run] ?? [])
  return { ...compared, ...differencesOf(stepsOf('a'), stepsOf('b')) }
}
