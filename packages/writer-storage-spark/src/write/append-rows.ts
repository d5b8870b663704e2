import { isDeepStrictEqual } from 'node:util'
import {
  type ColumnDefinition,
  type CommitOptions,
  type LogBatch,
  type TableOperation,
  type TableOptions,
  WriterConcurrencyError,
} from '@forge/writer-core'
import type { PlanInit, Session } from '../connect/session.ts'
import { type PlanRelation, union } from '../plan/relations.ts'
import type { TableState } from '../table/table-state.ts'
import type { PlannedWrite, TableWrite } from './commit-write.ts'
import { convertedRows, type FittedRows, fitRows, fittedRelation } from './fit-rows.ts'

// The numbers of the protocol.
const APPEND = 1
const OVERWRITE = 2
const SAVE_AS_TABLE = 1

/** Returns the write that appends a batch, or that replaces all rows by it. */
export function appendWrite(
  batch: LogBatch,
  commit: CommitOptions,
  options: TableOptions,
  operation: 'append' | 'overwrite' = 'append',
): TableWrite {
  return {
    operation,
    commit,
    plan: (state, { session }) =>
      plannedAppend(fitRows([batch], state, options), { state, session, options, operation }),
  }
}

/** Returns the write that appends batches of a source that is read once. */
export function streamWrite(batches: Iterable<LogBatch>, commit: CommitOptions, options: TableOptions): TableWrite {
  let fitted: { readonly rows: FittedRows; readonly before: readonly ColumnDefinition[] } | undefined
  return {
    operation: 'append',
    commit,
    plan(state, { session }) {
      fitted ??= { rows: fitRows(batches, state, options), before: state.columns }
      if (!isDeepStrictEqual(fitted.before, state.columns)) {
        throw new WriterConcurrencyError('the columns of the table changed while batches were read', {
          committed: 'no',
        })
      }
      return plannedAppend(fitted.rows, { state, session, options, operation: 'append' })
    },
  }
}

interface AppendParts {
  readonly state: TableState
  readonly session: Session
  readonly options: TableOptions
  readonly operation: TableOperation
}

/** Returns the command that stores rows which fit. */
export async function plannedAppend(fitted: FittedRows, parts: AppendParts): Promise<PlannedWrite> {
  const { state, session, options, operation } = parts
  const { columns, rowCount, adds, widens } = fitted
  const isOverwrite = operation === 'overwrite'
  const given = await fittedRelation(session, fitted, state)
  // A column gets another type only if the whole table is written again.
  const rows = widens && !isOverwrite ? union([convertedRows(state, columns), given]) : given
  const evolution: Record<string, string> = widens ? { overwriteSchema: 'true' } : adds ? { mergeSchema: 'true' } : {}
  const mode = widens || isOverwrite ? OVERWRITE : APPEND
  const write = { ...writeOptions(state, columns, options), ...evolution }
  return {
    rows: rowCount,
    command: (tags) =>
      writeCommand(rows, state, { mode, options: { ...write, ...tags }, partitions: options.partitionColumns }),
  }
}

/** Characters that Delta keeps in names of columns only if it maps the names. Types quote names of fields with such characters. */
const MAPPED = /[ ,;{}()\n\t=]/

function writeOptions(
  { exists }: TableState,
  columns: readonly ColumnDefinition[],
  { compression }: TableOptions,
): Record<string, string> {
  const isMapped = !exists && columns.some(({ name, type }) => MAPPED.test(name) || type.includes('"'))
  return {
    ...(compression !== undefined && { compression }),
    ...(isMapped && { 'delta.columnMapping.mode': 'name' }),
  }
}

interface WriteParts {
  readonly mode: number
  readonly options: Record<string, string>
  readonly partitions?: readonly string[] | undefined
}

function writeCommand(
  input: PlanRelation,
  { place, exists }: TableState,
  { mode, options, partitions }: WriteParts,
): PlanInit {
  const saveType =
    place.path === undefined
      ? { case: 'table' as const, value: { tableName: place.name, saveMethod: SAVE_AS_TABLE } }
      : { case: 'path' as const, value: place.path }
  const partitioningColumns = exists ? [] : [...(partitions ?? [])]
  const value = { input, source: 'delta', saveType, mode, options, partitioningColumns }
  return { opType: { case: 'command', value: { commandType: { case: 'writeOperation', value } } } }
}
