import {
  and,
  type ColumnDefinition,
  column,
  type Expression,
  eq,
  findColumn,
  gte,
  isFailure,
  lt,
  type Predicate,
  parsePredicate,
  startExpression,
  type TableSource,
  WriterSchemaError,
} from '@forge/writer-core'
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
  failed: flag('Only rows that failed'),
  since: text('Only rows that started since then: 90m, 12h, 7d, 2w, or ISO 8601', { value: 'time' }),
  until: text('Only rows that started before then', { value: 'time' }),
}

/** The condition for a table with these columns; undefined where all rows are meant. Throws WriterSchemaError where it has no times to ask for. */
export type RowFilter = (columns: readonly ColumnDefinition[]) => Predicate | undefined

/**
 * The condition that the options make. Throws WriterConfigurationError for a condition that cannot be read, UsageError for a period without time in it.
 */
export function rowFilter(options: OptionValues<typeof ROW_FILTERS>, now: Date): RowFilter {
  const since = options.since === undefined ? undefined : parseMoment(options.since, now)
  const until = options.until === undefined ? undefined : parseMoment(options.until, now)
  if (since && until && since >= until) throw new UsageError('--since must be before --until')
  const conditions: Predicate[] = options.where.map((each) => parsePredicate(each))
  if (options.pipeline !== undefined) conditions.push(eq(column('pipeline_id'), options.pipeline))
  if (options.run !== undefined) conditions.push(eq(column('run_id'), options.run))
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

/** {@link RowFilter} for the table of a source. */
export async function conditionFor(source: TableSource, filter: RowFilter): Promise<Predicate | undefined> {
  return filter((await (await source.table()).info()).columns)
}

/** The times of the tables next to the log, which have none of its columns of times. */
const OTHER_TIMES = ['judged_at', 'recorded_at']

function startOf(columns: readonly ColumnDefinition[]): Expression {
  const other = OTHER_TIMES.find((time) => findColumn(time, columns)?.type === 'timestamp')
  const start = startExpression(columns) ?? (other && column(other))
  if (start) return start
  throw new WriterSchemaError('the table has no times by which --since and --until could pick rows', {
    suggestions: ['Name a column of it with --where.'],
  })
}
