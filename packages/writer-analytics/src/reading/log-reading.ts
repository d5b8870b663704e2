import {
  type ColumnDefinition,
  type Expression,
  literal,
  type Predicate,
  runStartExpression,
  startExpression,
  type TableReader,
  type TableSource,
} from '@forge/writer-core'
import { findColumn } from '@forge/writer-core/storage'
import type { VersionMark } from './later-state.ts'
import type { LogTraits } from './log-traits.ts'
import { inPeriod, type Period } from './period.ts'

/** One state of a log table, and how its rows are read. */
export interface LogReading {
  /** The reader, of one version if the storage keeps versions. */
  readonly reader: TableReader
  readonly exists: boolean
  readonly tableFqn: string
  readonly columns: readonly ColumnDefinition[]
  /** The version that the table had when the reading began; -1 if it does not exist. */
  readonly version: number
  /** The start of a row, as `startExpression` defines it; null for tables without times. */
  readonly startedAt: Expression
  /** The start of the run of a row, as `runStartExpression` defines it; null for tables without times. */
  readonly runStartedAt: Expression
  /** The traits of the whole table; undefined unless several functions share the reading. */
  readonly traits?: LogTraits | undefined
  hasColumn(name: string): boolean
  /** Returns the condition of rows that started in the period. */
  within(period: Period): Predicate
}

/** Opens the configured table, or `table` of the same schema, for several queries on the same state. */
export async function openReading(source: TableSource, name: string | undefined): Promise<LogReading> {
  const shared = SHARED.get(source)
  if (shared && (name === undefined || name === shared.name)) return shared.reading
  const table = await source.table({ table: name })
  const { exists, columns, version } = await table.info()
  const reader = exists && table.at ? await table.at(version) : table
  const startedAt = startExpression(columns) ?? literal(null)
  return {
    reader,
    exists,
    version,
    tableFqn: `${table.ref.schema}.${table.ref.name}`,
    columns,
    startedAt,
    runStartedAt: runStartExpression(columns) ?? literal(null),
    hasColumn: (wanted) => findColumn(wanted, columns) !== undefined,
    within: (period) => inPeriod(startedAt, period),
  }
}

const SHARED = new WeakMap<TableSource, SharedReading>()

/** A reading that a source shares. */
export interface SharedReading {
  readonly name: string | undefined
  readonly reading: LogReading
  /** The mark of its version; undefined if the history of the table does not have it. */
  readonly mark: VersionMark | undefined
  /** The same for all readings of which each later one holds the rows of the earlier ones unchanged; other readings have another one. */
  readonly lineage: number
  /** The number of rows of each pipeline. */
  readonly rows: ReadonlyMap<unknown, number>
}

/** Lets {@link openReading} return a reading for a source. */
export function keepReading(source: TableSource, shared: SharedReading): void {
  SHARED.set(source, shared)
}

/** Returns the reading that a source shares; undefined if it shares none. */
export function sharedReading(source: TableSource): SharedReading | undefined {
  return SHARED.get(source)
}
