import {
  type ColumnDefinition,
  call,
  column,
  type Expression,
  findColumn,
  literal,
  type Predicate,
  type TableReader,
  type TableSource,
} from '@forge/writer-core'
import { inPeriod, type Period } from './period.ts'

/** One state of a log table, and how its rows are read. */
export interface LogReading {
  /** Of one version where the storage keeps versions. */
  readonly reader: TableReader
  readonly exists: boolean
  readonly tableFqn: string
  readonly columns: readonly ColumnDefinition[]
  /** When a row happened: its own start, else its run's, else its end, else when it was recorded. */
  readonly startedAt: Expression
  hasColumn(name: string): boolean
  /** Rows that started in the period. */
  within(period: Period): Predicate
}

const TIMES = ['start_time', 'run_started_at', 'end_time', 'created_at']

/** Opens the configured table, or `table` of the same schema, for several queries on the same state. */
export async function openReading(source: TableSource, name: string | undefined): Promise<LogReading> {
  const table = await source.table(name === undefined ? {} : { table: name })
  const { exists, columns, version } = await table.info()
  const reader = exists && table.at ? await table.at(version) : table
  const startedAt = startOf(columns)
  return {
    reader,
    exists,
    tableFqn: `${table.ref.schema}.${table.ref.name}`,
    columns,
    startedAt,
    hasColumn: (wanted) => findColumn(wanted, columns) !== undefined,
    within: (period) => inPeriod(startedAt, period),
  }
}

// Tables that others made may lack some of the columns, or keep the recording times as text.
function startOf(columns: readonly ColumnDefinition[]): Expression {
  const times = TIMES.filter((time) => findColumn(time, columns)?.type === 'timestamp')
  return times.length === 0 ? literal(null) : call('coalesce', ...times.map(column))
}
