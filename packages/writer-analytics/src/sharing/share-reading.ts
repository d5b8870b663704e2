import {
  and,
  column,
  eq,
  isIn,
  isNotNull,
  isUnknownOutcome,
  jsonField,
  type Measure,
  ne,
  not,
  or,
  type Predicate,
  type TableSource,
} from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import { hasAttempts, isUnreadRow } from '../reading/judged-rows.ts'
import { holdsRowsOf, markOf } from '../reading/later-state.ts'
import { keepReading, type LogReading, openReading, type SharedReading, sharedReading } from '../reading/log-reading.ts'
import type { LogTraits } from '../reading/log-traits.ts'
import { type CountedSteps, countedConditions, isFiniteStep, isStep } from '../reading/step-rows.ts'
import { TABLE_CHECK, type TableOption } from '../reading/table-option.ts'
import { takeOver } from '../runs/known-runs.ts'

export interface ShareOptions extends TableOption {
  /**
   * The source of an earlier state of the same table, as `shareReading` returned it. Facts that later writes cannot have changed are not read again.
   * The figures are the same without it. Default: none.
   */
  readonly after?: TableSource | undefined
}

/**
 * Returns a source for several functions of this package that read the same table, such as for one report. If the storage keeps versions, all figures
 * are of one version, and facts about the table are read only once. Use it briefly: it does not see later writes.
 */
export async function shareReading(source: TableSource, options: ShareOptions = {}): Promise<TableSource> {
  assertOptions('shareReading', options, { ...TABLE_CHECK, after: option.object })
  const { config, storage, logger } = source
  const shared: TableSource = {
    config,
    storage,
    logger,
    table: (asked) => source.table(asked),
    companion: (suffix, columns) => source.companion(suffix, columns),
  }
  const { table: name } = options
  const reading = await openReading(source, name)
  if (!reading.exists) {
    keepReading(shared, { name, reading, mark: undefined, lineage: nextLineage(), rows: new Map() })
    return shared
  }
  const mark = await markOf(await source.table({ table: name }), reading.version)
  const earlier = options.after && (await readEarlier(source, options.after, { name, reading }))
  const rows = await readRowCounts(reading)
  const traits = earlier?.reading.traits
    ? await readTraits(reading, { traits: earlier.reading.traits, others: changedRows(rows, earlier.rows) })
    : await readTraits(reading)
  const own = { ...reading, traits }
  if (earlier) takeOver(earlier.reading, own)
  keepReading(shared, { name, reading: own, mark, lineage: earlier?.lineage ?? nextLineage(), rows })
  return shared
}

let lineages = 0

function nextLineage(): number {
  lineages++
  return lineages
}

/**
 * Returns a text that is the same as long as the rows of a pipeline are, for sources that `shareReading` returned, each after the one before; undefined for
 * other sources, and if the storage keeps no history.
 */
export function rowsMarkOf(source: TableSource, pipeline: string): string | undefined {
  const shared = sharedReading(source)
  return shared?.mark && `${shared.lineage}.${shared.rows.get(pipeline) ?? 0}`
}

/** Returns the reading of an earlier state whose rows are all in the later one; undefined if that is not certain. */
async function readEarlier(
  source: TableSource,
  after: TableSource,
  { name, reading: { version } }: Pick<SharedReading, 'name' | 'reading'>,
): Promise<SharedReading | undefined> {
  const earlier = sharedReading(after)
  if (earlier?.mark === undefined || earlier.name !== name) return undefined
  return (await holdsRowsOf(await source.table({ table: name }), version, earlier.mark)) ? earlier : undefined
}

async function readRowCounts({ reader }: LogReading): Promise<ReadonlyMap<unknown, number>> {
  const counts = await reader.aggregate({
    groupBy: [{ as: 'pipeline', by: column('pipeline_id') }],
    measures: [{ as: 'rows', fn: 'count' }],
  })
  return new Map(counts.map(({ pipeline, rows }) => [pipeline, Number(rows)]))
}

const MAX_CHANGED = 100

/** Returns the condition of rows of the pipelines that have other numbers of rows than before; of all rows if these are many. */
function changedRows(rows: ReadonlyMap<unknown, number>, before: ReadonlyMap<unknown, number>): Predicate {
  const changed = [...rows].flatMap(([pipeline, count]) => (before.get(pipeline) === count ? [] : [pipeline]))
  const names = changed.filter((pipeline) => typeof pipeline === 'string')
  return names.length < changed.length || names.length > MAX_CHANGED ? and() : isIn('pipeline_id', names)
}

const EXCEPTIONS = ['ran', 'timed', 'knowsRows', 'validated'] as const satisfies readonly (keyof CountedSteps)[]

/** The traits of a part of the rows, and the condition of all other rows. */
interface KnownPart {
  readonly traits: LogTraits
  readonly others: Predicate
}

/** Reads the traits of a table. */
async function readTraits(reading: LogReading, known?: KnownPart): Promise<LogTraits> {
  const part = known?.traits
  const conditions = countedConditions(reading)
  const found: Readonly<Record<string, boolean | undefined>> = {
    ...part?.exceptions,
    nonFinite: part?.hasNonFinite,
    unknown: part?.hasUnknownOutcomes,
    unread: part?.hasUnreadSteps,
    belonging: part?.hasBelonging,
  }
  const measures = [
    ...EXCEPTIONS.map((as): Measure => ({ as, fn: 'count', where: and(isStep, not(conditions[as])) })),
    { as: 'nonFinite', fn: 'count', where: and(isStep, not(isFiniteStep(reading))) } as const,
    ...metadataMeasures(reading),
    ...MODES,
  ].filter(({ as }) => found[as] !== true)
  const where = known?.others ?? and()
  const [counts = {}] = measures.length === 0 ? [] : await reading.reader.aggregate({ where, measures })
  const has = (name: string) => found[name] === true || Number(counts[name] ?? 0) > 0
  return {
    hasAttempts: part?.hasAttempts === true || (await hasAttempts(reading, and())),
    hasModes: part?.hasModes === true || (counts.leastMode !== counts.greatestMode && (await hasModes(reading, where))),
    hasUnknownOutcomes: has('unknown'),
    hasUnreadSteps: has('unread'),
    hasNonFinite: has('nonFinite'),
    exceptions: { ran: has('ran'), timed: has('timed'), knowsRows: has('knowsRows'), validated: has('validated') },
    hasBelonging: has('belonging'),
  }
}

const MODES: readonly Measure[] = [
  { as: 'leastMode', fn: 'min', of: column('run_mode') },
  { as: 'greatestMode', fn: 'max', of: column('run_mode') },
]

async function hasModes({ reader }: LogReading, where: Predicate): Promise<boolean> {
  const groupBy = ['run_id', 'pipeline_id'].map((name) => ({ as: name, by: column(name) }))
  const [found] = await reader.aggregate({
    from: { where, groupBy, measures: MODES },
    measures: [{ as: 'runs', fn: 'count', where: ne('leastMode', column('greatestMode')) }],
  })
  return Number(found?.runs ?? 0) > 0
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
