import type { Metadata } from '../log/actions.ts'

const HOUR_MS = 3_600_000

export type IsolationLevel = 'Serializable' | 'WriteSerializable'

/** Settings of the table itself, which every engine honours. */
export interface TableProperties {
  readonly appendOnly: boolean
  /** Whether writers pack small files after their writes; undefined: the table does not say. */
  readonly autoCompact: boolean | undefined
  /** Whether a change may stand after an append whose rows it did not see, as if it had come first. Default `WriteSerializable`. */
  readonly isolationLevel: IsolationLevel
  /** Commits between checkpoints. Default 10. */
  readonly checkpointInterval: number
  /** How long removed files are kept for older versions. Default 7 days. */
  readonly deletedFileRetentionMs: number
  /** How long commits are kept. Default 30 days. */
  readonly logRetentionMs: number
  /** Whether expired commits are deleted. Default true. */
  readonly enableExpiredLogCleanup: boolean
  /** Undefined: application transactions never expire. */
  readonly setTransactionRetentionMs: number | undefined
  /** Leaves with statistics, -1 for all. Default 32. */
  readonly dataSkippingNumIndexedCols: number
  readonly dataSkippingStatsColumns: readonly string[] | undefined
  readonly inCommitTimestamps: boolean
  readonly changeDataFeed: boolean
  readonly rowTracking: boolean
  readonly writeStatsAsJson: boolean
  readonly writeStatsAsStruct: boolean
  /** Name and SQL text of each CHECK constraint. */
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

/** `auto` and `legacy` are ways of Databricks to do it. */
function autoCompact(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : ['true', 'auto', 'legacy'].includes(text.trim().toLowerCase())
}

/** What cannot be understood keeps everything: nothing is deleted by a guess. */
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

/** `interval 1 week 2 days` in milliseconds; undefined for what is no such text. */
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
