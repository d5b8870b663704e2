import {
  and,
  eq,
  gt,
  gte,
  isNull,
  isWithoutOutcome,
  jsonField,
  literal,
  lte,
  type Measure,
  ne,
  not,
  or,
  type Predicate,
} from '@forge/writer-core'
import { findColumn } from '@forge/writer-core/storage'
import type { LogReading } from './log-reading.ts'

/** Matches steps, not the row of phase `pipeline` that describes a whole run. */
export const isStep = ne('phase', 'pipeline')

/** The conditions of the steps that count in each figure. */
export interface CountedSteps {
  /** Steps in success rates: those that ran and whose outcome is known. */
  readonly ran: Predicate
  /** Steps in durations: those that ran and whose duration is neither NaN nor infinite. */
  readonly timed: Predicate
  /** Steps in throughput: those that are timed and know their rows. */
  readonly knowsRows: Predicate
  /** Steps in validation rates: those that know their rows, have a finite rate, and are not checks, whose rows are failing rows. */
  readonly validated: Predicate
}

/** Facts about the steps of a report that its figures do not show. */
export interface Caveats {
  /** The number of steps whose duration or validation rate is NaN or infinite: these values are in no figure. */
  readonly nonFiniteSteps: number
  /** The number of steps that start in the future, by the clock of the caller. They are in the figures. */
  readonly futureSteps: number
}

/** The conditions for steps that count, and the facts that the figures do not show. */
export interface Counting extends CountedSteps {
  readonly caveats: Caveats
}

/**
 * Reads the conditions under which steps count. A condition is `true` if no step under `where` is an exception: conditions on metadata cost as much
 * as the rest of a query. Also counts the steps that start after `now`, if it is given.
 */
export async function readCounting(reading: LogReading, where: Predicate, now?: Date | undefined): Promise<Counting> {
  const all = countedConditions(reading)
  const { traits } = reading
  if (traits && !traits.hasNonFinite && !now) {
    return { ...withoutNeedless(all, traits.exceptions), caveats: { nonFiniteSteps: 0, futureSteps: 0 } }
  }
  const exceptions = (as: keyof CountedSteps): Measure => ({ as, fn: 'count', where: not(all[as]) })
  const [found = {}] = await reading.reader.aggregate({
    where: and(isStep, where),
    measures: [
      exceptions('ran'),
      exceptions('timed'),
      exceptions('knowsRows'),
      exceptions('validated'),
      { as: 'nonFinite', fn: 'count', where: not(isFiniteStep(reading)) },
      ...(now ? [{ as: 'future', fn: 'count', where: gt(reading.startedAt, literal(now)) } as const] : []),
    ],
  })
  const isException = (name: keyof CountedSteps) => Number(found[name] ?? 0) > 0
  return {
    ...withoutNeedless(all, {
      ran: isException('ran'),
      timed: isException('timed'),
      knowsRows: isException('knowsRows'),
      validated: isException('validated'),
    }),
    caveats: { nonFiniteSteps: Number(found.nonFinite ?? 0), futureSteps: Number(found.future ?? 0) },
  }
}

/** Reads the conditions under which steps count, without the facts that the figures do not show. */
export async function readConditions(reading: LogReading, where: Predicate): Promise<CountedSteps> {
  const { traits } = reading
  return traits ? withoutNeedless(countedConditions(reading), traits.exceptions) : readCounting(reading, where)
}

function withoutNeedless(all: CountedSteps, isNeeded: Readonly<Record<keyof CountedSteps, boolean>>): CountedSteps {
  const conditionFor = (name: keyof CountedSteps) => (isNeeded[name] ? all[name] : and())
  return {
    ran: conditionFor('ran'),
    timed: conditionFor('timed'),
    knowsRows: conditionFor('knowsRows'),
    validated: conditionFor('validated'),
  }
}

/** Matches steps whose duration and validation rate are neither NaN nor infinite. */
export function isFiniteStep(reading: LogReading): Predicate {
  return and(...['duration_secs', 'validation_rate'].map((name) => isFiniteIn(reading, name)))
}

/** Returns the conditions under which steps count if every kind of exception may occur. */
export function countedConditions(reading: LogReading): CountedSteps {
  const hasMetadata = reading.hasColumn('metadata')
  const ran = hasMetadata ? not(isWithoutOutcome) : and()
  const hasRows = hasMetadata ? and(ran, isNull(jsonField('metadata', 'rows_unknown'))) : ran
  const isCheck = reading.hasColumn('step_type') ? eq('step_type', 'test') : or()
  const hasDuration = isFiniteIn(reading, 'duration_secs')
  return {
    ran,
    timed: and(ran, hasDuration),
    knowsRows: and(hasRows, hasDuration),
    validated: and(hasRows, not(isCheck), isFiniteIn(reading, 'validation_rate')),
  }
}

/** Matches values of a column that are neither NaN, which is greater than every number, nor infinite; missing values match. */
export function isFiniteIn({ columns }: Pick<LogReading, 'columns'>, name: string): Predicate {
  const type = findColumn(name, columns)?.type
  if (type !== 'double' && type !== 'float') return and()
  return or(isNull(name), and(gte(name, -Number.MAX_VALUE), lte(name, Number.MAX_VALUE)))
}

/** Returns the condition as an option of a measure; no option if it is always true. */
export function when(condition: Predicate): { readonly where?: Predicate | undefined } {
  return condition.op === 'true' ? {} : { where: condition }
}
