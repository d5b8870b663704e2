import { randomUUID } from 'node:crypto'
import { type ColumnDefinition, type SchemaChange, type TableOptions, WriterTableError } from '@forge/writer-core'
import { assertMethodOptions, emptyBatch, evolveColumns } from '@forge/writer-core/storage'
import type { TableState } from '../table/table-state.ts'
import { plannedAppend } from './append-rows.ts'
import type { Preparation, TableWrite } from './commit-write.ts'
import { type FittedRows, fitRows } from './fit-rows.ts'

/** Returns the write that adds and widens columns. A column that gets another type costs a rewrite of the table. */
export function evolveWrite(change: SchemaChange, options: TableOptions): TableWrite {
  assertMethodOptions('evolve', change)
  return {
    operation: 'evolve',
    commit: { batchId: randomUUID() },
    async plan(state, { session }) {
      if (!state.exists) {
        throw new WriterTableError('the table does not exist, so it cannot evolve', { committed: 'no' })
      }
      const columns = evolveColumns(state.columns, change)
      return plannedAppend(withoutRows(columns, state), { state, session, options, operation: 'evolve' })
    },
  }
}

/** Returns the change of columns that must come before a merge, which changes rows alone; undefined if the rows need none. */
export function evolvedFirst(fitted: FittedRows, state: TableState, options: TableOptions): Preparation | undefined {
  if (!state.exists || (!fitted.adds && !fitted.widens)) return undefined
  return (session) =>
    plannedAppend(withoutRows(fitted.columns, state), { state, session, options, operation: 'evolve' })
}

function withoutRows(columns: readonly ColumnDefinition[], state: TableState): FittedRows {
  const rows = fitRows([emptyBatch(columns)], { ...state, columns }, {})
  return {
    ...rows,
    adds: columns.length > state.columns.length,
    widens: state.columns.some(({ type }, at) => columns[at]?.type !== type),
  }
}
