import {
  and,
  eq,
  isNotNull,
  isUnknownOutcome,
  jsonField,
  type Measure,
  not,
  or,
  type TableSource,
} from '@forge/writer-core'
import { hasAttempts, isUnreadRow } from './judged-rows.ts'
import { keepReading, type LogReading, openReading } from './log-reading.ts'
import type { LogTraits } from './log-traits.ts'
import { type CountedSteps, countedConditions, isFiniteStep, isStep } from './step-rows.ts'
import { assertTableOption, type TableOption } from './table-option.ts'

/**
 * Returns a source for several functions of this package that read the same table, as for one report: if the storage keeps versions, all figures are of
 * one version, and no function asks again what is known of the table. It is not for long: it does not see what is written later.
 */
export async function shareReading(source: TableSource, options: TableOption = {}): Promise<TableSource> {
  assertTableOption('shareReading', options)
  const { config, storage, logger } = source
  const shared: TableSource = {
    config,
    storage,
    logger,
    table: (asked) => source.table(asked),
    companion: (suffix, columns) => source.companion(suffix, columns),
  }
  const reading = await openReading(source, options.table)
  keepReading(shared, options.table, reading.exists ? { ...reading, traits: await readTraits(reading) } : reading)
  return shared
}

const EXCEPTIONS = ['ran', 'timed', 'knowsRows', 'validated'] as const satisfies readonly (keyof CountedSteps)[]

async function readTraits(reading: LogReading): Promise<LogTraits> {
  const conditions = countedConditions(reading)
  const [found = {}] = await reading.reader.aggregate({
    measures: [
      ...EXCEPTIONS.map((as): Measure => ({ as, fn: 'count', where: and(isStep, not(conditions[as])) })),
      { as: 'nonFinite', fn: 'count', where: and(isStep, not(isFiniteStep(reading))) },
      ...metadataMeasures(reading),
    ],
  })
  const has = (name: string) => Number(found[name] ?? 0) > 0
  return {
    hasAttempts: await hasAttempts(reading, and()),
    hasUnknownOutcomes: has('unknown'),
    hasUnreadSteps: has('unread'),
    hasNonFinite: has('nonFinite'),
    exceptions: { ran: has('ran'), timed: has('timed'), knowsRows: has('knowsRows'), validated: has('validated') },
    hasBelonging: has('belonging'),
  }
}

function metadataMeasures({ hasColumn }: LogReading): Measure[] {
  if (!hasColumn('metadata')) return []
  const isNamed = or(...['owner', 'tags'].map((key) => isNotNull(jsonField('metadata', key))))
  return [
    { as: 'unknown', fn: 'count', where: and(eq('success', false), isUnknownOutcome) },
    { as: 'unread', fn: 'count', where: and(eq('success', false), isUnreadRow) },
    { as: 'belonging', fn: 'count', where: isNamed },
  ]
}
