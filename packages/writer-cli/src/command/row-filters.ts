import { and, column, eq, gte, lt, type Predicate, parsePredicate } from '@forge/writer-core'
import { parseMoment } from './moment.ts'
import { choice, flag, type OptionValues, repeated, text } from './option.ts'
import { UsageError } from './usage-error.ts'

/** Options of every command that picks rows. */
export const ROW_FILTERS = {
  where: repeated('Condition such as "duration_secs > 60 and phase = \'gold\'"; several must all hold', {
    short: 'w',
    value: 'text',
  }),
  pipeline: text('Only rows of this pipeline', { value: 'id' }),
  run: text('Only rows of this run', { value: 'id' }),
  phase: choice(['bronze', 'silver', 'gold', 'pipeline'], 'Only rows of this phase'),
  failed: flag('Only rows that did not succeed'),
  since: text('Only rows that started since then: 90m, 12h, 7d, 2w, or ISO 8601', { value: 'time' }),
  until: text('Only rows that started before then', { value: 'time' }),
}

/**
 * The condition that the options make; undefined where all rows are meant. Throws WriterConfigurationError for a condition that cannot be read,
 * UsageError for a period without time in it.
 */
export function rowFilter(options: OptionValues<typeof ROW_FILTERS>, now: Date): Predicate | undefined {
  const since = options.since === undefined ? undefined : parseMoment(options.since, now)
  const until = options.until === undefined ? undefined : parseMoment(options.until, now)
  if (since && until && since >= until) throw new UsageError('--since must be before --until')
  const conditions: Predicate[] = options.where.map((each) => parsePredicate(each))
  if (options.pipeline !== undefined) conditions.push(eq(column('pipeline_id'), options.pipeline))
  if (options.run !== undefined) conditions.push(eq(column('run_id'), options.run))
  if (options.phase !== undefined) conditions.push(eq(column('phase'), options.phase))
  if (options.failed) conditions.push(eq(column('success'), false))
  if (since) conditions.push(gte(startedAt, since))
  if (until) conditions.push(lt(startedAt, until))
  return conditions.length > 1 ? and(...conditions) : conditions[0]
}

/** When a row happened: its own start, else its run's, else its end, else when it was recorded. */
const startedAt = {
  kind: 'function',
  name: 'coalesce',
  args: [column('start_time'), column('run_started_at'), column('end_time'), column('created_at')],
} as const
