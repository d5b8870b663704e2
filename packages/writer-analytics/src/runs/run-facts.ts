import {
  type AggregateRow,
  and,
  column,
  eq,
  isFailure,
  isIn,
  isNotNull,
  jsonField,
  type Measure,
  type Predicate,
} from '@forge/writer-core'
import type { Judged, JudgedRows } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { tagsOf } from '../reading/row-choice.ts'
import { type CountedSteps, isStep, readCounting, when } from '../reading/step-rows.ts'
import { numberOrNull } from '../summary/step-figures.ts'
import type { JudgedPlace } from './run-page.ts'
import { RUN_KEYS, runTimesOf, textOf, timeMeasures } from './run-times.ts'

/** The facts of one run, without its steps. */
export interface RunFacts extends JudgedPlace {
  readonly mode: string
  /** Null if no row has an end. ISO 8601, UTC. */
  readonly endedAt: string | null
  /** The duration of the run's own row, otherwise from its start to its end; seconds. Null if neither is known. */
  readonly durationSecs: number | null
  /** Its steps, each counted once. */
  readonly steps: number
  /** The number of steps whose last attempt did not succeed, including those that did not run because of another one. */
  readonly failedSteps: number
  /** The number of executions in which its steps ran. */
  readonly attempts: number
  /** The rows of all attempts; null if no step knows its rows. */
  readonly rowsProcessed: number | null
  readonly rowsWritten: number | null
  readonly owner: string | null
  readonly tags: readonly string[]
  /** The message of the step that failed first; null if none has a message. */
  readonly errorMessage: string | null
}

/** A list of values in a condition stays short enough for every engine. */
const MAX_LISTED = 5000

/** The rows that the facts are of. */
export interface FactRows {
  readonly chosen: Predicate
  readonly judged: Judged
}

/** Reads the facts of runs that are known already, in their order. */
export async function readRunFacts(
  reading: LogReading,
  places: readonly JudgedPlace[],
  { chosen, judged }: FactRows,
): Promise<RunFacts[]> {
  const found = new Map<string, AggregateRow>()
  for (let from = 0; from < places.length; from += MAX_LISTED) {
    const ids = [...new Set(places.slice(from, from + MAX_LISTED).map(({ runId }) => runId))]
    const isHere = isIn('run_id', ids)
    const where = and(chosen, isHere)
    const counted = await readCounting(reading, where)
    const rows = await reading.reader.aggregate({ where, groupBy: RUN_KEYS, measures: factMeasures(reading, counted) })
    for (const row of rows) found.set(keyOf(row), row)
    const { rows: judgedRows, ok } = judged.within(isHere)
    const counts = await reading.reader.aggregate({ ...judgedRows, groupBy: RUN_KEYS, measures: stepCounts(ok) })
    for (const row of counts) found.set(keyOf(row), { ...found.get(keyOf(row)), ...row })
  }
  return places.map((place) => factsOf(place, found.get(keyOf({ pipeline: place.pipeline, run: place.runId })) ?? {}))
}

function factMeasures(reading: LogReading, { knowsRows }: CountedSteps): Measure[] {
  const { startedAt, hasColumn, columns } = reading
  const ofSteps = and(isStep, ...(knowsRows.op === 'true' ? [] : [knowsRows]))
  const newest = (as: string, key: string): Measure => ({
    as,
    fn: 'argMax',
    of: jsonField('metadata', key),
    by: startedAt,
    where: isNotNull(jsonField('metadata', key)),
  })
  return [
    ...timeMeasures(reading),
    { as: 'ownMode', fn: 'max', of: column('run_mode'), where: eq('phase', 'pipeline') },
    { as: 'anyMode', fn: 'max', of: column('run_mode') },
    ...(hasColumn('execution_id')
      ? [{ as: 'attempts', fn: 'countDistinct', of: column('execution_id'), where: isStep } as const]
      : []),
    { as: 'rowsProcessed', fn: 'sum', of: column('rows_processed'), ...when(ofSteps) },
    ...(hasColumn('rows_written')
      ? [{ as: 'rowsWritten', fn: 'sum', of: column('rows_written'), where: isStep } as const]
      : []),
    ...(hasColumn('metadata') ? [newest('owner', 'owner'), newest('tags', 'tags')] : []),
    ...(hasColumn('error_message') ? errorMeasures(startedAt, isFailure(columns)) : []),
  ]
}

function errorMeasures(startedAt: LogReading['startedAt'], failed: Predicate): Measure[] {
  const of = column('error_message')
  const hasMessage = and(failed, isNotNull('error_message'))
  return [
    { as: 'stepError', fn: 'argMin', of, by: startedAt, where: and(isStep, hasMessage) },
    { as: 'anyError', fn: 'min', of, where: hasMessage },
  ]
}

function factsOf(place: JudgedPlace, row: AggregateRow): RunFacts {
  const times = place.startedAt === null ? undefined : runTimesOf(row, place.startedAt)
  const hasEnd = times?.hasEnd === true
  return {
    ...place,
    mode: String(row.ownMode ?? row.anyMode ?? ''),
    endedAt: hasEnd ? times.endedAt : null,
    durationSecs:
      hasEnd || numberOrNull(row.ownDuration) !== null ? (times?.durationSecs ?? numberOrNull(row.ownDuration)) : null,
    steps: Number(row.steps ?? 0),
    failedSteps: Number(row.failedSteps ?? 0),
    attempts: Number(row.attempts ?? 0),
    rowsProcessed: numberOrNull(row.rowsProcessed),
    rowsWritten: numberOrNull(row.rowsWritten),
    owner: textOf(row.owner),
    tags: tagsOf(textOf(row.tags)),
    errorMessage: place.outcome === 'failed' ? (textOf(row.stepError) ?? textOf(row.anyError)) : null,
  }
}

/** A step may have several rows, so its names are counted. */
function stepCounts(ok: JudgedRows['ok']): Measure[] {
  const steps = { fn: 'countDistinct', of: [column('phase'), column('step_name')] } as const
  return [
    { as: 'steps', ...steps, where: isStep },
    { as: 'failedSteps', ...steps, where: and(isStep, eq(ok, false)) },
  ]
}

function keyOf({ pipeline, run }: AggregateRow): string {
  return JSON.stringify([String(pipeline), String(run)])
}
