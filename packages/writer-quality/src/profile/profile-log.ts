import {
  and,
  type ColumnDefinition,
  column,
  isNotNull,
  type LogTable,
  type Predicate,
  type TableSource,
} from '@forge/writer-core'
import { assertOptions, findColumn, option, unknownColumns } from '@forge/writer-core/storage'
import { columnMeasures, hasTopValues, profileOf } from './column-measures.ts'
import type { ColumnProfile, TopValue } from './column-profile.ts'

export interface ProfileOptions {
  /** The columns to describe. Default: all columns, as stored. */
  readonly columns?: readonly string[] | undefined
  /** Describes only rows that match. Default: all. */
  readonly where?: Predicate | undefined
  /**
   * Estimates distinct counts and quantiles with sketches, if the storage has them, and finds top values only of columns with at most 10,000 distinct
   * values. Default false: every figure is exact.
   */
  readonly approximate?: boolean | undefined
  /** The maximum number of most frequent values per column, 0-1000. Default 10. */
  readonly topValues?: number | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface LogProfile {
  readonly tableFqn: string
  readonly rows: number
  readonly approximate: boolean
  readonly columns: readonly ColumnProfile[]
}

const MAX_GROUPS = 10_000

/**
 * Describes the values of each column of the log. The storage computes the figures, one column after the other, so that memory holds no more than
 * one column's. Throws WriterSchemaError for columns that do not exist.
 *
 * @example
 * const { columns } = await profileLog(writer, { columns: ['duration_secs'] })
 * console.log(columns[0]?.numbers?.quantiles.p95)
 */
export async function profileLog(source: TableSource, options: ProfileOptions = {}): Promise<LogProfile> {
  assertOptions('profileLog', options, {
    columns: option.list(option.text),
    where: option.object,
    approximate: option.flag,
    topValues: option.whole({ min: 0, max: 1000 }),
    table: option.text,
    signal: option.signal,
  })
  const { approximate = false, topValues = 10, table: name, where, signal } = options
  const table = await source.table({ table: name })
  const chosen = chosenColumns((await table.info()).columns, options.columns)
  const rows = await countRows(table, { where, signal })
  const columns: ColumnProfile[] = []
  for (const definition of chosen) {
    columns.push(await columnProfile(table, definition, { approximate, topValues, where, signal }))
  }
  return { tableFqn: `${table.ref.schema}.${table.ref.name}`, rows, approximate, columns }
}

function chosenColumns(
  columns: readonly ColumnDefinition[],
  names: readonly string[] | undefined,
): readonly ColumnDefinition[] {
  if (!names) return columns
  const missing = names.filter((name) => !findColumn(name, columns))
  if (missing.length > 0) throw unknownColumns(missing, columns)
  return names.flatMap((name) => findColumn(name, columns) ?? [])
}

interface Rows {
  readonly where: Predicate | undefined
  readonly signal: AbortSignal | undefined
}

interface Wanted extends Rows {
  readonly approximate: boolean
  readonly topValues: number
}

async function countRows(table: LogTable, rows: Rows): Promise<number> {
  const [figures] = await table.aggregate({ ...optionsOf(rows), measures: [{ as: 'rows', fn: 'count' }] })
  return Number(figures?.rows ?? 0)
}

async function columnProfile(table: LogTable, definition: ColumnDefinition, wanted: Wanted): Promise<ColumnProfile> {
  const { approximate, topValues } = wanted
  const measures = columnMeasures(definition, approximate)
  const [figures = {}] = await table.aggregate({ ...optionsOf(wanted), measures })
  const profile = profileOf(definition, figures)
  const repeats = profile.distinct < profile.count
  const isCountable = hasTopValues(definition) && !(approximate && profile.distinct > MAX_GROUPS)
  if (topValues === 0 || !isCountable || !(repeats || approximate)) return { ...profile, topValues: [] }
  return { ...profile, topValues: await topValuesOf(table, definition, wanted) }
}

async function topValuesOf(table: LogTable, { name }: ColumnDefinition, wanted: Wanted): Promise<TopValue[]> {
  const hasValue = isNotNull(name)
  const rows = await table.aggregate({
    ...optionsOf(wanted),
    where: wanted.where ? and(wanted.where, hasValue) : hasValue,
    groupBy: [{ as: 'value', by: column(name) }],
    measures: [{ as: 'count', fn: 'count' }],
    orderBy: [{ column: 'count', descending: true }, { column: 'value' }],
    limit: wanted.topValues,
  })
  const found = rows.map(({ value = null, count }) => ({ value, count: Number(count) }))
  return found.some(({ count }) => count > 1) ? found : []
}

function optionsOf({ where, signal }: Rows): {
  readonly where?: Predicate | undefined
  readonly signal?: AbortSignal | undefined
} {
  return { where, signal }
}
