import {
  batchFromRows,
  type ColumnDefinition,
  type CommitOptions,
  type LogBatch,
  type Predicate,
  type TableOptions,
} from '@forge/writer-core'
import {
  assertPredicate,
  emptyBatch,
  evaluatePredicate,
  isNested,
  predicateColumns,
  takeRows,
} from '@forge/writer-core/storage'
import { sqlTypeOf } from '../plan/column-types.ts'
import { compilePredicate, splitPredicate } from '../plan/compile-predicate.ts'
import { alias, allOf, attribute, call, flag, nullOf, type PlanExpression } from '../plan/expressions.ts'
import { deleteAction, insertAction, mergeCommand } from '../plan/merge-command.ts'
import { aggregate, filter, type PlanRelation, project, union } from '../plan/relations.ts'
import type { ReadWays } from '../query/run-query.ts'
import { selectRows } from '../read/scan-table.ts'
import { namedColumns } from '../read/selected-columns.ts'
import type { TableState } from '../table/table-state.ts'
import { plannedAppend } from './append-rows.ts'
import type { TableWrite } from './commit-write.ts'
import { evolvedFirst } from './evolve-columns.ts'
import { fitRows, SOURCE_PREFIX, sourceRelation } from './fit-rows.ts'
import { type EncodedRows, encodeRows, givenValue, rowRelations } from './rows-relation.ts'

/** The name of the column of the source that says whether a row deletes or is inserted. */
const DELETES = `${SOURCE_PREFIX}deletes`

/** Returns the write that deletes the rows that match. */
export function deleteWrite(where: Predicate, commit: CommitOptions): TableWrite {
  return {
    operation: 'delete',
    commit,
    usesSettings: true,
    needsTable: true,
    async plan(state, ways) {
      assertPredicate(where, state.columns)
      const { rows, names, condition } = await deletion(where, state, ways)
      const source = sourceOf(rows, names, names, state)
      const parts = { target: state.place.name, source, condition, whenMatched: [deleteAction()], whenNotMatched: [] }
      return { rows: 0, command: () => mergeCommand(parts) }
    },
  }
}

/** Returns the write that replaces the rows that match by those of a batch. */
export function replaceWrite(
  batch: LogBatch,
  where: Predicate,
  commit: CommitOptions,
  options: TableOptions,
): TableWrite {
  return {
    operation: 'overwrite',
    commit,
    usesSettings: true,
    prepare: (state) => evolvedFirst(fitRows([batch], state, options), state, options),
    async plan(state, ways) {
      const { session } = ways
      assertPredicate(where, state.columns)
      const fitted = fitRows([batch], state, options)
      if (!state.exists) return plannedAppend(fitted, { state, session, options, operation: 'append' })
      const { rows, names: tested, condition } = await deletion(where, state, ways)
      const names = state.columns.map(({ name }) => name)
      const given = await sourceRelation(session, fitted, state)
      // Rows that are inserted match nothing, and rows that delete are not inserted.
      const inserted = project(given, [
        ...names.map((name) => attribute(`${SOURCE_PREFIX}${name}`)),
        alias(flag(false), DELETES),
      ])
      const values = names.map((name) => [name, attribute(`${SOURCE_PREFIX}${name}`)] as const)
      const parts = {
        target: state.place.name,
        source: union([inserted, sourceOf(rows, tested, names, state)]),
        condition: call('and', attribute(DELETES), condition),
        whenMatched: [deleteAction()],
        whenNotMatched: [insertAction(values, call('not', attribute(DELETES)))],
      }
      return { rows: fitted.rowCount, command: () => mergeCommand(parts) }
    },
  }
}

interface Deletion {
  /** The rows that delete. */
  readonly rows: PlanRelation
  /** The columns whose values the rows have, called `c0`, `c1` and so on. */
  readonly names: readonly string[]
  /** The condition under which a row of the source and one of the table match. */
  readonly condition: PlanExpression
}

/** Returns the rows under names that the table does not have, with {@link DELETES}. Columns that they lack are null. */
function sourceOf(
  rows: PlanRelation,
  known: readonly string[],
  names: readonly string[],
  { columns }: TableState,
): PlanRelation {
  const values = names.map((name) => {
    const column = columns.find((each) => each.name === name)
    const type = column ? sqlTypeOf(column.type) : 'string'
    const at = known.indexOf(name)
    return alias(at < 0 || !column ? nullOf(type) : givenValue(column, at), `${SOURCE_PREFIX}${name}`)
  })
  return project(rows, [...values, alias(flag(true), DELETES)])
}

/**
 * Returns what deletes the rows for which a predicate is true. If the server has no such condition, core tests each combination of values that the
 * predicate reads, and those for which it is true are deleted.
 */
async function deletion(where: Predicate, state: TableState, ways: ReadWays): Promise<Deletion> {
  const compiled = compilePredicate(where, state.columns)
  if (compiled) {
    const columns = [{ name: 'one', type: 'boolean', nullable: false }] as const
    const relationOf = await rowRelations(ways.session, [])
    const rows = relationOf(encodeRows(batchFromRows(columns, [{ one: true }])))
    return { rows, names: [], condition: compiled }
  }
  const columns = namedColumns([...new Set(predicateColumns(where))], state.columns)
  const encoded: EncodedRows[] = []
  for await (const batch of combinations(where, columns, state, ways)) {
    const truths = evaluatePredicate(where, batch)
    const matching = Array.from(truths.keys()).filter((row) => truths[row] === 1)
    if (matching.length > 0) encoded.push(encodeRows(takeRows(batch, matching)))
  }
  if (encoded.length === 0) encoded.push(encodeRows(emptyBatch(columns)))
  const relationOf = await rowRelations(ways.session, encoded)
  const condition = allOf(columns.map((column) => isSame(column)))
  return { rows: union(encoded.map(relationOf)), names: columns.map(({ name }) => name), condition }
}

/** Streams the different values of columns in the rows that may match. */
function combinations(where: Predicate, columns: readonly ColumnDefinition[], state: TableState, ways: ReadWays) {
  const found = filter(state.rows, splitPredicate(where, state.columns).condition)
  // Maps cannot be compared, so rows with nested values may be read more than once.
  const isNestedAny = columns.some(({ type }) => isNested(type))
  const keys = columns.map(({ name }) => attribute(name))
  return selectRows(ways, state, isNestedAny ? found : aggregate(found, keys, []), columns, {})
}

function isSame({ name, type }: ColumnDefinition): PlanExpression {
  const [stored, given] = [attribute(name), attribute(`${SOURCE_PREFIX}${name}`)]
  return isNested(type) ? call('<=>', call('to_json', stored), call('to_json', given)) : call('<=>', stored, given)
}
