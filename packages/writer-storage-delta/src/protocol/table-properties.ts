import { HOUR_MS } from '@forge/writer-core/storage'
import type { Metadata } from '../actions/actions.ts'

export type IsolationLevel = 'Serializable' | 'WriteSerializable'

/** The settings of the table itself, which every engine respects. */
export interface TableProperties {
  readonly appendOnly: boolean
  /** True if writers pack small files after their writes; undefined if the table does not say. */
  readonly autoCompact: boolean | undefined
  /** The isolation level: `WriteSerializable` allows a change to be ordered before an append that it did not see. Default `WriteSerializable`. */
  readonly isolationLevel: IsolationLevel
  /** The number of commits between checkpoints. Default 10. */
  readonly checkpointInterval: number
  /** The time for which removed files are kept for older versions. Default 7 days. */
  readonly deletedFileRetentionMs: number
  /** The time for which commits are kept. Default 30 days. */
  readonly logRetentionMs: number
  /** True if expired commits are deleted. Default true. */
  readonly enableExpiredLogCleanup: boolean
  /** The time for which application transactions are kept; undefined if they never expire. */
  readonly setTransactionRetentionMs: number | undefined
  /** The number of leaf columns with statistics, -1 for all. Default 32. */
  readonly dataSkippingNumIndexedCols: number
  readonly dataSkippingStatsColumns: readonly string[] | undefined
  readonly inCommitTimestamps: boolean
  readonly changeDataFeed: boolean
  readonly rowTracking: boolean
  readonly writeStatsAsJson: boolean
  readonly writeStatsAsStruct: boolean
  /** The name and SQL text of each CHECK constraint. */
  readonly constraints: readonly (readonly [string, string])[]
}

export function tableProperties({ configuration }: Metadata): TableProperties {
  const at = (name: string): string | undefined => configuration?.[`delta.${name}`]
  const flag = (name: string, byDefault = false) => (at(name)?.toLowerCase() ?? String(byDefault)) === 'true'
  const count = (name: string, byDefault: number) => {
    const value = Number(at(name) ?? byDefault)
    return Number.isInteger(value) ? value : byDefault
  }
  return {
    appendOnly: flag('appendOnly'),
    autoCompact: autoCompact(at('autoOptimize.autoCompact') ?? at('autoOptimize')),
    isolationLevel: at('isolationLevel')?.toLowerCase() === 'serializable' ? 'Serializable' : 'WriteSerializable',
    checkpointInterval: Math.max(1, count('checkpointInterval', 10)),
    deletedFileRetentionMs: retentionMs(at('deletedFileRetentionDuration'), 7),
    logRetentionMs: retentionMs(at('logRetentionDuration'), 30),
    enableExpiredLogCleanup: flag('enableExpiredLogCleanup', true),
    setTransactionRetentionMs: parseInterval(at('setTransactionRetentionDuration')),
    dataSkippingNumIndexedCols: count('dataSkippingNumIndexedCols', 32),
    dataSkippingStatsColumns: at('dataSkippingStatsColumns')
      ?.split(',')
      .map((name) => name.trim().replace(/^`(.*)`$/, '$1')),
    inCommitTimestamps: flag('enableInCommitTimestamps'),
    changeDataFeed: flag('enableChangeDataFeed'),
    rowTracking: flag('enableRowTracking'),
    writeStatsAsJson: flag('checkpoint.writeStatsAsJson', true),
    writeStatsAsStruct: flag('checkpoint.writeStatsAsStruct'),
    constraints: Object.entries(configuration ?? {}).flatMap(([name, sql]) =>
      name.startsWith('delta.constraints.') ? [[name.slice('delta.constraints.'.length), sql] as const] : [],
    ),
  }
}

/** Returns true if the property turns packing on. `auto` and `legacy` are variants of Databricks. */
function autoCompact(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : ['true', 'auto', 'legacy'].includes(text.trim().toLowerCase())
}

/** Parses a retention. A text that cannot be parsed keeps everything, because nothing may be deleted on a guess. */
function retentionMs(text: string | undefined, daysByDefault: number): number {
  if (text === undefined) return daysByDefault * 24 * HOUR_MS
  return parseInterval(text) ?? Number.POSITIVE_INFINITY
}

const UNITS_MS: Readonly<Record<string, number>> = {
  week: 7 * 24 * HOUR_MS,
  day: 24 * HOUR_MS,
  hour: HOUR_MS,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
  microsecond: 0.001,
}

/** Parses a text such as `interval 1 week 2 days` to milliseconds; undefined if it is not an interval. */
export function parseInterval(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const parts = text
    .trim()
    .toLowerCase()
    .replace(/^interval\s+/, '')
    .split(/\s+/)
  let total = 0
  for (let at = 0; at < parts.length; at += 2) {
    const unit = UNITS_MS[(parts[at + 1] ?? '').replace(/s$/, '')]
    const amount = Number(parts[at])
    if (unit === undefined || !Number.isFinite(amount)) return undefined
    total += amount * unit
  }
  return total
}
