import {
  and,
  eq,
  isNull,
  isWithoutOutcome,
  jsonField,
  type Measure,
  ne,
  not,
  or,
  type Predicate,
} from '@forge/writer-core'
import type { LogReading } from './log-reading.ts'

/** A step; the row of phase `pipeline` beside the steps of a run is none. */
export const isStep = ne('phase', 'pipeline')

/** Which steps count in which figure. */
export interface CountedSteps {
  /** In durations and success rates: those that ran and whose outcome is known. */
  readonly ran: Predicate
  /** In throughput: those that ran and know their rows. */
  readonly knowsRows: Predicate
  /** In validation rates: those that know their rows and are no checks, whose rows are failing rows. */
  readonly validated: Predicate
}

/**
 * The conditions under which steps count, each `true` where no step under `where` is an exception: conditions on metadata cost as much as all the
 * rest of a query.
 */
export async function countedSteps(reading: LogReading, where: Predicate): Promise<CountedSteps> {
  const all = conditions(reading)
  const exceptions = (as: keyof CountedSteps): Measure => ({ as, fn: 'count', where: not(all[as]) })
  const [found = {}] = await reading.reader.aggregate({
    where: and(isStep, where),
    measures: [exceptions('ran'), exceptions('knowsRows'), exceptions('validated')],
  })
  const needed = (name: keyof CountedSteps) => (Number(found[name] ?? 0) > 0 ? all[name] : and())
  return { ran: needed('ran'), knowsRows: needed('knowsRows'), validated: needed('validated') }
}

function conditions(reading: LogReading): CountedSteps {
  const hasMetadata = reading.hasColumn('metadata')
  const ran = hasMetadata ? not(isWithoutOutcome) : and()
  const knowsRows = hasMetadata ? and(ran, isNull(jsonField('metadata', 'rows_unknown'))) : ran
  const isCheck = reading.hasColumn('step_type') ? eq('step_type', 'test') : or()
  return { ran, knowsRows, validated: and(knowsRows, not(isCheck)) }
}

/** The condition of a measure; none where it holds everywhere. */
export function when(condition: Predicate): { readonly where?: Predicate } {
  return condition.op === 'true' ? {} : { where: condition }
}
