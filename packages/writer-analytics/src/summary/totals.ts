import { and, column, type Predicate } from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import type { Judged } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { type CountedSteps, isStep } from '../reading/step-rows.ts'
import { allRuns, type RunFigures, runFiguresOf } from './run-figures.ts'
import { quantileMeasures, type StepFigures, stepFiguresOf, stepMeasures } from './step-figures.ts'

/** The figures of everything in a period. */
export interface Totals extends RunFigures, StepFigures {
  readonly pipelines: number
  /** The first start of a step. ISO 8601, UTC. */
  readonly firstStartedAt: string | null
  readonly lastStartedAt: string | null
}

interface TotalsOptions {
  readonly where: Predicate
  readonly counted: CountedSteps
  readonly judged: Judged
  readonly approximate: boolean
}

export async function totals(
  { reader, startedAt }: LogReading,
  { where, counted, judged, approximate }: TotalsOptions,
): Promise<Totals> {
  const runs = await allRuns(reader, judged.all)
  const [row = {}] = await reader.aggregate({
    where: and(isStep, where),
    measures: [
      ...stepMeasures(counted),
      ...quantileMeasures(counted, approximate),
      { as: 'pipelines', fn: 'countDistinct', of: column('pipeline_id') },
      { as: 'first', fn: 'min', of: startedAt },
      { as: 'last', fn: 'max', of: startedAt },
    ],
  })
  return {
    ...runs,
    ...stepFiguresOf(row),
    pipelines: Number(row.pipelines ?? 0),
    firstStartedAt: textOrNull(row.first),
    lastStartedAt: textOrNull(row.last),
  }
}

/** The totals of no rows. */
export const NOTHING: Totals = {
  ...runFiguresOf({}),
  ...stepFiguresOf({}),
  pipelines: 0,
  firstStartedAt: null,
  lastStartedAt: null,
}
