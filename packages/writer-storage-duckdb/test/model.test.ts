// @module-tag many-cases
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { array, assert, asyncProperty, constantFrom, integer, oneof, option, record, string } from 'fast-check'
import { expect, test } from 'vitest'
import { allRows, freshPath, LOGS } from './log-rows.ts'

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'key', type: 'string', nullable: true },
  { name: 'value', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
]

interface ModelRow {
  readonly key: string | null
  readonly value: number | null
  readonly text: string | null
}

const rows = array(
  record({
    key: option(constantFrom('a', 'b', 'c', '', '\ufeff'), { freq: 6 }),
    value: option(integer({ min: -3, max: 3 }), { freq: 5 }),
    text: option(string({ unit: 'binary', maxLength: 20 })),
  }),
  { maxLength: 6 },
)

const operation = oneof(
  record({ kind: constantFrom('append', 'overwrite', 'update', 'ignore'), rows }),
  record({ kind: constantFrom('delete', 'overwriteWhere'), rows, value: integer({ min: -3, max: 3 }) }),
  record({ kind: constantFrom('reopen', 'optimize', 'vacuum') }),
)

type Operation = typeof operation extends { generate(...args: never[]): { value: infer Value } } ? Value : never

const valueIs = (value: number) =>
  ({
    op: 'compare',
    operator: '=',
    left: { kind: 'column', name: 'value' },
    right: { kind: 'literal', value },
  }) as const

test('any sequence of operations leaves the rows that a plain list of rows has', async () => {
  await assert(
    asyncProperty(array(operation, { maxLength: 12 }), async (operations) => {
      const path = freshPath()
      let storage = duckdbStorage({ path })
      let table = await storage.openTable(LOGS, { columns: COLUMNS })
      let model: readonly ModelRow[] = []
      for (const [at, one] of operations.entries()) {
        if (one.kind === 'reopen') {
          await storage.close()
          storage = duckdbStorage({ path })
          table = await storage.openTable(LOGS, { columns: COLUMNS })
        } else {
          await perform(table, one, `batch-${at}`)
          model = modelAfter(model, one)
        }
        expect((await table.info()).rowCount).toBe(model.length)
      }
      expect(sortRows(await allRows(table))).toEqual(sortRows(model))
      await storage.close()
    }),
    { numRuns: 40 },
  )
})

async function perform(
  table: Awaited<ReturnType<ReturnType<typeof duckdbStorage>['openTable']>>,
  one: Operation,
  batchId: string,
): Promise<void> {
  const batch = batchFromRows(COLUMNS, 'rows' in one ? one.rows : [])
  const commit = { batchId }
  switch (one.kind) {
    case 'append':
      return void (await table.append(batch, commit))
    case 'overwrite':
      return void (await table.overwrite(batch, commit))
    case 'update':
    case 'ignore':
      return void (await table.merge(batch, { keys: ['key'], whenMatched: one.kind }, commit))
    case 'delete':
      return void (await table.delete(valueIs('value' in one ? one.value : 0), commit))
    case 'overwriteWhere':
      return void (await table.overwrite(batch, valueIs('value' in one ? one.value : 0), commit))
    case 'optimize':
      return void (await table.optimize({ clusterColumns: ['key'] }))
    case 'vacuum':
      return void (await table.vacuum())
  }
}

function modelAfter(model: readonly ModelRow[], one: Operation): readonly ModelRow[] {
  const given: readonly ModelRow[] = 'rows' in one ? one.rows : []
  switch (one.kind) {
    case 'append':
      return [...model, ...given]
    case 'overwrite':
      return given
    case 'delete':
      return model.filter((row) => row.value !== ('value' in one ? one.value : 0))
    case 'overwriteWhere':
      return [...model.filter((row) => row.value !== ('value' in one ? one.value : 0)), ...given]
    case 'update': {
      const last = new Map(given.filter(({ key }) => key !== null).map((row) => [row.key, row]))
      const kept = model.map((row) => (row.key === null ? row : (last.get(row.key) ?? row)))
      const stored = new Set(model.map(({ key }) => key))
      const added = [...last.values()].filter(({ key }) => !stored.has(key))
      return [...kept, ...added, ...given.filter(({ key }) => key === null)]
    }
    case 'ignore': {
      const seen = new Set(model.map(({ key }) => key))
      const added = given.filter(({ key }) => key === null || (!seen.has(key) && seen.add(key)))
      return [...model, ...added]
    }
    default:
      return model
  }
}

function sortRows(all: readonly object[]): string[] {
  return all.map((row) => JSON.stringify(row)).sort()
}
