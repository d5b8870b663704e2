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
import { findColumn, numberOrNull, textOrNull } from '@forge/writer-core/storage'
import type { Judged, JudgedRows } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { tagsOf } from '../reading/row-choice.ts'
import { MAX_LISTED, RUN_KEYS, runKey } from '../reading/run-keys.ts'
import { type CountedSteps, isStep, readConditions, when } from '../reading/step-rows.ts'
import { knownFacts, knownRuns, noteFacts } from './known-runs.ts'
import type { RunFacts } from './run-facts.ts'
import type { JudgedPlace } from './run-page.ts'
import { runTimesOf, timeMeasures } from './run-times.ts'

/** The rows that the facts are of. */
export interface FactRows {
  readonly chosen: Predicate
  readonly judged: Judged
}

/** Reads the facts of runs whose places are known, in their order. */
export async function readRunFacts(
  reading: LogReading,
  places: readonly JudgedPlace[],
  rows: FactRows,
): Promise<RunFacts[]> {
  const known = knownRuns(reading, rows.chosen)
  const unread = known ? places.filter((place) => !knownFacts(known, place)) : places
  const found = await readFactRows(reading, unread, rows)
  return places.map((place) => {
    const kept = known && knownFacts(known, place)
    if (kept) return kept
    const row = found.get(runKey(place)) ?? {}
    const facts = factsOf(place, row)
    if (known) noteFacts(known, place, { facts, rows: place.rows })
    return facts
  })
}

async function readFactRows(reading: LogReading, places: readonly JudgedPlace[], { chosen, judged }: FactRows) {
  const found = new Map<string, AggregateRow>()
  for (let from = 0; from < places.length; from += MAX_LISTED) {
    const ids = [...new Set(places.slice(from, from + MAX_LISTED).map(({ runId }) => runId))]
    const isHere = isIn('run_id', ids)
    const where = and(chosen, isHere)
    const counted = await readConditions(reading, where)
    const rows = await reading.reader.aggregate({ where, groupBy: RUN_KEYS, measures: factMeasures(reading, counted) })
    for (const row of rows) found.set(keyOf(row), row)
    const { rows: judgedRows, ok } = judged.all.within(isHere)
    const counts = await reading.reader.aggregate({ ...judgedRows, groupBy: RUN_KEYS, measures: stepCounts(ok) })
    for (const row of counts) found.set(keyOf(row), { ...found.get(keyOf(row)), ...row })
  }
  return found
}

function factMeasures(reading: LogReading, { knowsRows }: CountedSteps): Measure[] {
  const { startedAt, hasColumn, columns } = reading
  const ofSteps = and(isStep, ...(knowsRows.op === 'true' ? [] : [knowsRows]))
  const newest = (as: string, key: string, where: readonly Predicate[] = []): Measure => ({
    as,
    fn: 'argMax',
    of: jsonField('metadata', key),
    by: startedAt,
    where: and(isNotNull(jsonField('metadata', key)), ...where),
  })
  return [
    ...timeMeasures(reading),
    ...(findColumn('created_at', columns)?.type === 'timestamp'
      ? [{ as: 'recorded', fn: 'max', of: column('created_at') } as const]
      : []),
    { as: 'ownMode', fn: 'max', of: column('run_mode'), where: eq('phase', 'pipeline') },
    { as: 'anyMode', fn: 'max', of: column('run_mode') },
    ...(hasColumn('execution_id')
      ? [{ as: 'attempts', fn: 'countDistinct', of: column('execution_id'), where: isStep } as const]
      : []),
    { as: 'rowsProcessed', fn: 'sum', of: column('rows_processed'), ...when(ofSteps) },
    ...(hasColumn('rows_written')
      ? [{ as: 'rowsWritten', fn: 'sum', of: column('rows_written'), where: isStep } as const]
      : []),
    ...(hasColumn('invalid_rows')
      ? [{ as: 'invalidRows', fn: 'sum', of: column('invalid_rows'), where: isStep } as const]
      : []),
    ...(hasColumn('metadata')
      ? [newest('owner', 'owner'), newest('tags', 'tags'), newest('status', 'status', [eq('phase', 'pipeline')])]
      : []),
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

function factsOf({ rows: _rows, ...place }: JudgedPlace, row: AggregateRow): RunFacts {
  const times = place.startedAt === null ? undefined : runTimesOf(row, place.startedAt)
  const status = textOrNull(row.status)
  // A run that is lost has no end, although an attempt before the last one may have ended.
  const isLost = status === 'lost'
  const hasEnd = times?.hasEnd === true && !isLost
  const ownDuration = numberOrNull(row.ownDuration)
  return {
    ...place,
    mode: String(row.ownMode ?? row.anyMode ?? ''),
    endedAt: hasEnd ? times.endedAt : null,
    durationSecs: hasEnd || (ownDuration !== null && !isLost) ? (times?.durationSecs ?? ownDuration) : null,
    steps: Number(row.steps ?? 0),
    failedSteps: Number(row.failedSteps ?? 0),
    attempts: Number(row.attempts ?? 0),
    rowsProcessed: numberOrNull(row.rowsProcessed),
    rowsWritten: numberOrNull(row.rowsWritten),
    invalidRows: numberOrNull(row.invalidRows),
    status,
    owner: textOrNull(row.owner),
    tags: tagsOf(textOrNull(row.tags)),
    recordedAt: textOrNull(row.recorded),
    errorMessage: place.outcome === 'failed' ? (textOrNull(row.stepError) ?? textOrNull(row.anyError)) : null,
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
  return runKey({ pipeline: String(pipeline), runId: String(run) })
}
