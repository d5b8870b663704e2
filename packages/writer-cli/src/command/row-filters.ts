import {
  and,
  type ColumnDefinition,
  column,
  type Expression,
  eq,
  gte,
  isFailure,
  lt,
  type Predicate,
  parsePredicate,
  startExpression,
  type TableSource,
  WriterSchemaError,
} from '@forge/writer-core'
import { findColumn } from '@forge/writer-core/storage'
import { parseMoment } from './moment.ts'
import { choice, flag, type OptionValues, repeatable, text } from './option.ts'
import { choiceOf, OWNER_OPTIONS } from './owner-options.ts'
import { UsageError } from './usage-error.ts'
import { ZONE_OPTION } from './zone-option.ts'

/** Options of every command that selects rows. */
export const ROW_FILTERS = {
  where: repeatable(
    'Only rows that match a condition such as "duration_secs > 60 and phase = \'gold\'"; if it is repeated, all conditions must match',
    {
      short: 'w',
      value: 'text',
    },
  ),
  pipeline: text('Only rows of this pipeline', { value: 'id' }),
  run: text('Only rows of this run; the beginning of its id is enough', { value: 'id' }),
  phase: choice(['bronze', 'silver', 'gold', 'pipeline'], 'Only rows of this phase'),
  failed: flag('Only rows that failed'),
  ...OWNER_OPTIONS,
  since: text('Only rows that started at or after this time: 90m, 12h, 7d, 2w, or ISO 8601', { value: 'time' }),
  until: text('Only rows that started before this time', { value: 'time' }),
  ...ZONE_OPTION,
}

/**
 * Returns the condition for a table with these columns, or undefined for all rows. Throws WriterSchemaError if a period is given but the table has no
 * times.
 */
export type RowFilter = (columns: readonly ColumnDefinition[]) => Predicate | undefined

/**
 * Creates the filter for the options, except --run, --owner and --tag, which {@link conditionFor} adds. Throws WriterConfigurationError for an
 * invalid condition, UsageError for an empty period.
 */
export function rowFilter(
  options: Omit<OptionValues<typeof ROW_FILTERS>, 'run' | 'owner' | 'tag'>,
  now: Date,
): RowFilter {
  const since = options.since === undefined ? undefined : parseMoment(options.since, now, options.timeZone)
  const until = options.until === undefined ? undefined : parseMoment(options.until, now, options.timeZone)
  if (since && until && since >= until) throw new UsageError('--since must be before --until')
  const conditions: Predicate[] = options.where.map((each) => parsePredicate(each))
  if (options.pipeline !== undefined) conditions.push(eq(column('pipeline_id'), options.pipeline))
  if (options.phase !== undefined) conditions.push(eq(column('phase'), options.phase))
  return (columns) => {
    const all = [
      ...conditions,
      ...(options.failed ? [isFailure(columns)] : []),
      ...(since ? [gte(startOf(columns), since)] : []),
      ...(until ? [lt(startOf(columns), until)] : []),
    ]
    return all.length > 1 ? and(...all) : all[0]
  }
}

/**
 * Applies a {@link RowFilter}, and --run, --owner and --tag, to the table of a source. Throws WriterConfigurationError if no run, or more than one,
 * has an id that begins like the given one; with `isRunKnown` false, a run may also not be recorded yet.
 */
export async function conditionFor(
  source: TableSource,
  filter: RowFilter,
  { run, ...options }: Pick<OptionValues<typeof ROW_FILTERS>, 'run' | 'owner' | 'tag'>,
  { isRunKnown = true } = {},
): Promise<Predicate | undefined> {
  const { columns } = await (await source.table()).info()
  const condition = filter(columns)
  if (run === undefined && options.owner === undefined && options.tag === undefined) return condition
  const { chooseRows, findRun } = await import('@forge/writer-analytics')
  const known = run === undefined ? undefined : await findRun(source, run).catch(isRunKnown ? undefined : () => run)
  const conditions = [...(condition ? [condition] : []), ...(known === undefined ? [] : [eq('run_id', known)])]
  return chooseRows(source, { ...choiceOf({ owner: options.owner, tag: options.tag }), where: and(...conditions) })
}

/** Time columns of the tables next to the log, which lack the time columns of the log. */
const OTHER_TIMES = ['judged_at', 'recorded_at']

function startOf(columns: readonly ColumnDefinition[]): Expression {
  const other = OTHER_TIMES.find((time) => findColumn(time, columns)?.type === 'timestamp')
  const start = startExpression(columns) ?? (other && column(other))
  if (start) return start
  throw new WriterSchemaError('--since and --until need a time column, but the table has none', {
    suggestions: ['Use a condition on another column instead.'],
  })
}
