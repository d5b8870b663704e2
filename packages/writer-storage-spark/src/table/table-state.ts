import { type ColumnDefinition, LOG_COLUMNS, type TableRef } from '@forge/writer-core'
import { isMissing } from '../connect/server-errors.ts'
import type { Session } from '../connect/session.ts'
import { type StoredColumn, storedColumn } from '../plan/column-types.ts'
import { alias, call, literal } from '../plan/expressions.ts'
import { aggregate, type PlanRelation } from '../plan/relations.ts'
import { queryRows, type ReadWays } from '../query/run-query.ts'
import type { TablePlace } from './place.ts'

/** A table, as the server knows it now or knew it at a version. */
export interface TableState {
  readonly ref: TableRef
  readonly place: TablePlace
  readonly exists: boolean
  /** The columns; those of the options if the table does not exist. */
  readonly columns: readonly ColumnDefinition[]
  readonly stored: readonly StoredColumn[]
  /** The rows of the table. */
  readonly rows: PlanRelation
}

/** Returns the rows of a table, or of one of its versions. */
export function tableRows({ name }: TablePlace, version?: number): PlanRelation {
  const options: Record<string, string> = version === undefined ? {} : { versionAsOf: String(version) }
  return {
    relType: {
      case: 'read',
      value: { readType: { case: 'namedTable', value: { unparsedIdentifier: name, options } } },
    },
  }
}

/** Reads the columns of a table. `declared` are those of the options. */
export async function readState(
  { channel, common }: Session,
  ref: TableRef,
  place: TablePlace,
  declared: readonly ColumnDefinition[] = LOG_COLUMNS,
  version?: number,
): Promise<TableState> {
  const rows = tableRows(place, version)
  const plan = { opType: { case: 'root' as const, value: rows } }
  try {
    const { result } = await channel.call('analyzePlan', {
      ...common,
      analyze: { case: 'schema', value: { plan } },
    })
    const kind = result.case === 'schema' ? result.value.schema?.kind : undefined
    const stored = kind?.case === 'struct' ? kind.value.fields.map(storedColumn) : []
    // A table that was created without columns has none yet.
    if (stored.length > 0)
      return { ref, place, exists: true, columns: stored.map(({ column }) => column), stored, rows }
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  return { ref, place, exists: false, columns: declared, stored: [], rows }
}

const COUNT: readonly ColumnDefinition[] = [{ name: 'n', type: 'int64', nullable: false }]

/** Counts rows. Delta knows the number without reading files. */
export async function readRowCount({ session, reconnectMs }: ReadWays, rows: PlanRelation): Promise<number> {
  const counted = aggregate(rows, [], [alias(call('count', literal({ case: 'integer', value: 1 })), 'n')])
  const [row] = await queryRows(session, counted, COUNT, { reconnectMs })
  return Number(row?.n ?? 0)
}
