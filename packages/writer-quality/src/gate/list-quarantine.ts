import {
  and,
  batchRows,
  isIn,
  LOG_COLUMNS,
  type LogRowInput,
  type LogTable,
  type Predicate,
  type Row,
  type TableSource,
} from '@forge/writer-core'
import { assertNoProblems, assertOptions, type OptionChecks, option } from '@forge/writer-core/storage'
import { predicateSchema } from '../predicate-schema.ts'
import type { Reason } from './failing-rows.ts'
import { QUARANTINE_COLUMNS } from './quarantine-columns.ts'

export interface QuarantineQuery {
  /** Selects rows, by a predicate or by SQL. Default: all. */
  readonly where?: Predicate | string | undefined
  /** The ids of the rows. Default: all. */
  readonly ids?: readonly string[] | undefined
  /** The table for which the rows were intended. Default: the configured one. */
  readonly table?: string | undefined
  /** The suffix of the quarantine table. Default `quarantine`. */
  readonly quarantine?: string | undefined
}

export interface QuarantinedRow {
  readonly id: string
  readonly batchId: string
  /** The position of the row in that write, from 0. */
  readonly batchRow: number
  /** The time at which it was held back. ISO 8601, UTC. */
  readonly quarantinedAt: string
  readonly reasons: readonly Reason[]
  /** The row that was to be written. */
  readonly row: LogRowInput
}

/** Lists the rows in quarantine, newest first, at most `limit`, by default 100. Throws WriterConfigurationError for invalid options. */
export async function listQuarantine(
  source: TableSource,
  options: QuarantineQuery & { readonly limit?: number | undefined } = {},
): Promise<QuarantinedRow[]> {
  assertOptions('listQuarantine', options, { ...QUERY_CHECKS, limit: option.whole({ min: 0 }) })
  const { limit = 100, ...query } = options
  const table = await quarantineTable(source, query)
  const orderBy = [{ column: 'quarantined_at', descending: true }, { column: 'batch_id' }, { column: 'batch_row' }]
  const rows: QuarantinedRow[] = []
  for await (const batch of table.scan({ where: chosenRows(query), orderBy, limit })) {
    for (const row of batchRows(batch)) rows.push(quarantinedRow(row))
  }
  return rows
}

/** The checks of {@link QuarantineQuery}; {@link chosenRows} checks the ids and the condition. */
export const QUERY_CHECKS: OptionChecks<QuarantineQuery> = {
  where: option.any,
  ids: option.any,
  table: option.text,
  quarantine: option.text,
}

export function quarantineTable(
  source: TableSource,
  { table, quarantine = 'quarantine' }: QuarantineQuery,
): Promise<LogTable> {
  if (table === undefined) return source.companion(quarantine, QUARANTINE_COLUMNS)
  return source.storage.openTable(
    { schema: source.config.tableSchema, name: `${table}_${quarantine}` },
    { columns: QUARANTINE_COLUMNS },
  )
}

const MAX_IDS = 10_000

/** Returns the predicate of the rows of a query. */
export function chosenRows({ where, ids }: QuarantineQuery): Predicate {
  const isIdList = Array.isArray(ids) && ids.length <= MAX_IDS && ids.every((id) => typeof id === 'string')
  const parsed = where === undefined ? undefined : predicateSchema.safeParse(where)
  assertNoProblems('quarantine', [
    ids !== undefined && !isIdList && { setting: 'ids', problem: `must be a list of at most ${MAX_IDS} ids` },
    parsed?.success === false && { setting: 'where', problem: parsed.error.issues[0]?.message ?? 'is not a condition' },
  ])
  return and(...(parsed?.data ? [parsed.data] : []), ...(ids ? [isIn('quarantine_id', ids)] : []))
}

const LOG_NAMES = LOG_COLUMNS.map(({ name }) => name)

export function quarantinedRow(stored: Row): QuarantinedRow {
  const held = LOG_NAMES.map((name) => [name, stored[name] ?? null] as const)
  return {
    id: String(stored.quarantine_id),
    batchId: String(stored.batch_id),
    batchRow: Number(stored.batch_row),
    quarantinedAt: String(stored.quarantined_at),
    reasons: JSON.parse(String(stored.quality_reasons)),
    row: { ...Object.fromEntries(held), ...JSON.parse(String(stored.extra_fields ?? '{}')) },
  }
}
