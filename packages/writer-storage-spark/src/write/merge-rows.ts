import {
  batchRows,
  type CommitOptions,
  type LogBatch,
  type MergeOptions,
  type TableOptions,
  WriterConfigurationError,
} from '@forge/writer-core'
import { assertMethodOptions, isNested, selectColumns, takeRows, unknownColumns } from '@forge/writer-core/storage'
import { allOf, attribute, call } from '../plan/expressions.ts'
import { insertAction, mergeCommand, updateAction } from '../plan/merge-command.ts'
import type { TableState } from '../table/table-state.ts'
import { plannedAppend } from './append-rows.ts'
import type { PlannedWrite, TableWrite } from './commit-write.ts'
import { evolvedFirst } from './evolve-columns.ts'
import { fitRows, SOURCE_PREFIX, sourceRelation } from './fit-rows.ts'

/** Returns the write that merges a batch by its keys. Matching stored rows are updated or kept, other rows are inserted. */
export function mergeWrite(
  given: LogBatch,
  merge: MergeOptions,
  commit: CommitOptions,
  options: TableOptions,
): TableWrite {
  assertMethodOptions('merge', merge)
  assertKeys(given, merge.keys)
  const operation = merge.whenMatched === 'ignore' ? 'ignore' : 'merge'
  const batch = oneRowPerKey(given, merge)
  // A column that the merge itself adds has no values to keep.
  let hadCreatedAt: boolean | undefined
  return {
    operation,
    commit,
    usesSettings: true,
    prepare(state) {
      hadCreatedAt ??= state.columns.some(({ name }) => name === 'created_at')
      return evolvedFirst(fitRows([batch], state, options), state, options)
    },
    async plan(state, { session }): Promise<PlannedWrite> {
      const fitted = fitRows([batch], state, options)
      if (!state.exists) {
        return { ...(await plannedAppend(fitted, { state, session, options, operation })), rows: given.rowCount }
      }
      const source = await sourceRelation(session, fitted, state)
      return {
        rows: given.rowCount,
        command: () =>
          mergeCommand({ target: state.place.name, source, ...mergeClauses(batch, merge, state, hadCreatedAt) }),
      }
    },
  }
}

function mergeClauses(
  batch: LogBatch,
  { keys, whenMatched }: MergeOptions,
  state: TableState,
  hadCreatedAt: boolean | undefined,
) {
  const sourceOf = (name: string) => attribute(`${SOURCE_PREFIX}${name}`)
  const condition = allOf(
    keys.map((key) => {
      const type = state.columns.find(({ name }) => name === key)?.type
      const [stored, given] = [attribute(key), sourceOf(key)]
      const isText = type !== undefined && isNested(type)
      return isText ? call('==', call('to_json', stored), call('to_json', given)) : call('==', stored, given)
    }),
  )
  const names = state.columns.map(({ name }) => name)
  const given = new Set(batch.columns.map(({ name }) => name))
  const kept = new Set([...keys, ...(hadCreatedAt ? ['created_at'] : [])])
  const changed = names.filter((name) => given.has(name) && !kept.has(name))
  const [firstKey = ''] = keys
  // An update must change something, so that rows without other columns are counted.
  const updated =
    changed.length > 0
      ? changed.map((name) => [name, sourceOf(name)] as const)
      : [[firstKey, attribute(firstKey)] as const]
  return {
    condition,
    whenMatched: whenMatched === 'update' ? [updateAction(updated)] : [],
    whenNotMatched: [
      insertAction(names.filter((name) => given.has(name)).map((name) => [name, sourceOf(name)] as const)),
    ],
  }
}

function assertKeys(batch: LogBatch, keys: readonly string[]): void {
  if (keys.length === 0) throw new WriterConfigurationError('a merge needs at least one key', { committed: 'no' })
  const missing = keys.filter((key) => !batch.columns.some(({ name }) => name === key))
  if (missing.length > 0) throw unknownColumns(missing, batch.columns)
}

/** Keeps one row per key: the last one for an update, otherwise the first one. A null key matches no other, so rows with one are all kept. */
function oneRowPerKey(batch: LogBatch, { keys, whenMatched }: MergeOptions): LogBatch {
  const rowByKey = new Map<string, number>()
  let row = 0
  for (const values of batchRows(selectColumns(batch, keys))) {
    const parts = keys.map((key) => values[key])
    const key = parts.includes(null) ? `null ${row}` : JSON.stringify(parts.map(keyText))
    if (whenMatched === 'update' || !rowByKey.has(key)) rowByKey.set(key, row)
    row++
  }
  if (rowByKey.size === batch.rowCount) return batch
  return takeRows(
    batch,
    [...rowByKey.values()].sort((a, b) => a - b),
  )
}

/** Returns text that is the same for equal values: numbers of any kind by their digits, with one zero. */
function keyText(value: unknown): string {
  return `${typeof value === 'bigint' ? 'number' : typeof value} ${Object.is(value, -0) ? 0 : String(value)}`
}
