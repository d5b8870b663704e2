import {
  and,
  column,
  isFailure,
  isNull,
  literal,
  lt,
  not,
  or,
  type Predicate,
  type RetentionSettings,
  type TableSource,
  type Value,
  WriterConfigurationError,
  writerConfig,
} from '@forge/writer-core'
import { assertOptions, DAY_MS, type OptionChecks, option, settledSource } from '@forge/writer-core/storage'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import { firstFit } from '../reading/pipeline-pattern.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'

export interface RetentionOptions {
  /** The retention of rows. Default: the setting `retention`. */
  readonly retention?: RetentionSettings | undefined
  /** The clock from which the days are counted back. */
  readonly now?: (() => Date) | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
}

/** The rows that a retention would delete now. */
export interface RetentionPlan {
  readonly tableFqn: string
  readonly exists: boolean
  /** The policies in the order of the settings; the last one applies to all other pipelines. */
  readonly policies: readonly PolicyPlan[]
  /** The number of rows that would be deleted. */
  readonly rows: number
  readonly totalRows: number
  /** The number of rows without a time, which are never deleted. */
  readonly undatedRows: number
  /** The estimated bytes of the rows: their share of the table's rows, times its bytes. */
  readonly estimatedBytes: number
}

/** The rows that one policy would remove. */
export interface PolicyPlan {
  /** The id or glob of the pipelines; `*` for all that no other policy matches. */
  readonly pipeline: string
  readonly keepDays: number
  readonly keepFailuresDays: number
  /** The rows that started before this time are removed; ISO 8601, UTC. */
  readonly before: string
  readonly failuresBefore: string
  readonly rows: number
  readonly failedRows: number
  readonly runs: number
  /** The start of the oldest row that would be removed. */
  readonly oldest: string | null
  readonly newest: string | null
}

/** A policy with the rows that it takes. */
export interface Policy
  extends Pick<PolicyPlan, 'pipeline' | 'keepDays' | 'keepFailuresDays' | 'before' | 'failuresBefore'> {
  readonly where: Predicate
}

/** The first of all dates: rows with a longer retention are kept for ever. */
const FIRST_MS = -8.64e15

/** The checks of {@link RetentionOptions}; the settings check the retention itself. */
export const RETENTION_CHECKS: OptionChecks<RetentionOptions> = {
  ...TABLE_CHECK,
  retention: option.object,
  now: option.clock,
}

/** Returns what the retention would remove, without removing it. Throws WriterConfigurationError if no retention is set, or it is invalid. */
export async function planRetention(given: TableSource, options: RetentionOptions = {}): Promise<RetentionPlan> {
  assertOptions('planRetention', options, RETENTION_CHECKS)
  return planChecked(settledSource(given), options)
}

/** Returns the plan of {@link planRetention} for checked options. */
export async function planChecked(source: TableSource, options: RetentionOptions): Promise<RetentionPlan> {
  const reading = await openReading(source, options.table)
  const policies = retentionPolicies(source, reading, options)
  const { rowCount, sizeBytes } = await reading.reader.info()
  const plans: PolicyPlan[] = []
  if (reading.exists) for (const policy of policies) plans.push(await planOf(reading, policy))
  const rows = plans.reduce((sum, plan) => sum + plan.rows, 0)
  return {
    tableFqn: reading.tableFqn,
    exists: reading.exists,
    policies: plans,
    rows,
    totalRows: rowCount,
    undatedRows: reading.exists ? await count(reading, isNull(reading.startedAt)) : 0,
    estimatedBytes: rowCount > 0 ? Math.round((sizeBytes * rows) / rowCount) : 0,
  }
}

/** Returns the policies of the settings; each row belongs to at most one. */
export function retentionPolicies(
  source: TableSource,
  { startedAt, columns }: LogReading,
  { retention: given = source.config.retention, now = () => new Date() }: RetentionOptions,
): Policy[] {
  if (given === undefined) {
    throw new WriterConfigurationError('no retention is set', {
      suggestions: ['Set `retention: { keepDays: 90, keepFailuresDays: 365 }`, or pass it as an option.'],
      committed: 'no',
    })
  }
  const { retention = given } = writerConfig({ tableSchema: 'any', tableName: 'any', retention: given })
  const { pipelines = [] } = retention
  const { each, rest } = firstFit(pipelines.map(({ pipeline }) => pipeline))
  const nowMs = now().getTime()
  const hasFailed = isFailure(columns)
  const hasNotFailed = or(isNull('success'), not(hasFailed))
  return [...pipelines, { ...retention, pipeline: '*' }].map((policy, at) => {
    const { pipeline, keepDays, keepFailuresDays = keepDays } = policy
    const [before, failuresBefore] = [keepDays, keepFailuresDays].map(
      (days) => new Date(Math.max(FIRST_MS, nowMs - days * DAY_MS)),
    )
    const isOld = (limit: Date | undefined) => lt(startedAt, literal(limit ?? null))
    return {
      pipeline,
      keepDays,
      keepFailuresDays,
      before: before?.toISOString() ?? '',
      failuresBefore: failuresBefore?.toISOString() ?? '',
      where: and(each[at] ?? rest, or(and(hasNotFailed, isOld(before)), and(hasFailed, isOld(failuresBefore)))),
    }
  })
}

async function planOf({ reader, startedAt, columns }: LogReading, { where, ...policy }: Policy): Promise<PolicyPlan> {
  const [found = {}] = await reader.aggregate({
    where,
    measures: [
      { as: 'rows', fn: 'count' },
      { as: 'failedRows', fn: 'count', where: isFailure(columns) },
      { as: 'runs', fn: 'countDistinct', of: column('run_id') },
      { as: 'oldest', fn: 'min', of: startedAt },
      { as: 'newest', fn: 'max', of: startedAt },
    ],
  })
  const textOrNull = (value: Value | undefined) => (typeof value === 'string' ? value : null)
  return {
    ...policy,
    rows: Number(found.rows ?? 0),
    failedRows: Number(found.failedRows ?? 0),
    runs: Number(found.runs ?? 0),
    oldest: textOrNull(found.oldest),
    newest: textOrNull(found.newest),
  }
}

/** Counts the rows that match the condition. */
export async function count({ reader }: Pick<LogReading, 'reader'>, where: Predicate): Promise<number> {
  const [found] = await reader.aggregate({ where, measures: [{ as: 'rows', fn: 'count' }] })
  return Number(found?.rows ?? 0)
}
