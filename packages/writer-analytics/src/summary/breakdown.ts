import { type AggregateRow, and, column, type Predicate } from '@forge/writer-core'
import type { Judged } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { type CountedSteps, isStep } from '../reading/step-rows.ts'
import { type RunFigures, runFiguresOf, runsByGroup } from './run-figures.ts'
import { quantileMeasures, type StepFigures, stepFiguresOf, stepMeasures } from './step-figures.ts'

/** The dimensions by which a summary can be broken down. */
export type Dimension = 'phase' | 'pipeline' | 'step' | 'mode'

/** Columns that make a group of each dimension. */
export const DIMENSIONS: Readonly<Record<Dimension, readonly string[]>> = {
  phase: ['phase'],
  pipeline: ['pipeline_id'],
  step: ['pipeline_id', 'phase', 'step_name'],
  mode: ['run_mode'],
}

/** The figures of one group. It has only the keys of its dimension. */
export interface GroupFigures extends StepFigures, RunFigures {
  readonly phase?: string | undefined
  readonly pipeline?: string | undefined
  readonly step?: string | undefined
  readonly mode?: string | undefined
}

export interface BreakdownOptions {
  readonly where: Predicate
  readonly counted: CountedSteps
  readonly judged: Judged
  /** The maximum number of groups; those with the most steps are kept. */
  readonly limit: number
  readonly approximate: boolean
}

/** Returns the figures by group, those with the most steps first. One group more than `limit` shows that there are more. */
export async function breakdown(
  reading: LogReading,
  dimension: Dimension,
  { where, counted, judged, limit, approximate }: BreakdownOptions,
): Promise<GroupFigures[]> {
  const keys = DIMENSIONS[dimension]
  const steps = await reading.reader.aggregate({
    where: and(isStep, where),
    groupBy: keys.map((name) => ({ as: name, by: column(name) })),
    measures: [...stepMeasures(counted), ...quantileMeasures(counted, approximate)],
    orderBy: [{ column: 'steps', descending: true }, ...keys.map((name) => ({ column: name }))],
    limit: limit + 1,
  })
  const runs = new Map<string, AggregateRow>()
  for (const row of await runsByGroup(reading.reader, { steps: judged.steps, keys, limit: limit + 1, approximate })) {
    runs.set(groupKey(row, keys), row)
  }
  return steps.map((row) => ({
    ...groupNames(row),
    ...runFiguresOf(runs.get(groupKey(row, keys)) ?? {}),
    ...stepFiguresOf(row),
  }))
}

/** Returns the number of steps of each phase. */
export async function stepsByPhase({ reader }: LogReading, where: Predicate): Promise<Record<string, number>> {
  const rows = await reader.aggregate({
    where: and(isStep, where),
    groupBy: [{ as: 'phase', by: column('phase') }],
    measures: [{ as: 'steps', fn: 'count' }],
    orderBy: [{ column: 'phase' }],
  })
  return Object.fromEntries(rows.map(({ phase, steps }) => [String(phase), Number(steps)]))
}

const NAMES = { phase: 'phase', pipeline_id: 'pipeline', step_name: 'step', run_mode: 'mode' } as const

/** Returns the keys of a group by the names that reports use. */
export function groupNames(row: AggregateRow): Pick<GroupFigures, 'phase' | 'pipeline' | 'step' | 'mode'> {
  const entries = Object.entries(NAMES).flatMap(([stored, name]) =>
    stored in row ? [[name, String(row[stored])]] : [],
  )
  return Object.fromEntries(entries)
}

export function groupKey(row: AggregateRow, keys: readonly string[]): string {
  return JSON.stringify(keys.map((name) => String(row[name])))
}
