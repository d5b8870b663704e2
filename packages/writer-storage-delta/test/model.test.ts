// @module-tag many-cases
import { batchFromRows, batchRows, type ColumnDefinition, type Predicate, type TableReader } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '../src/index.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
]
interface Entry {
  readonly id: number | null
  readonly text: string | null
}
type Change =
  | { readonly kind: 'append' | 'overwrite' | 'update' | 'ignore'; readonly rows: readonly Entry[] }
  | { readonly kind: 'delete'; readonly upTo: number }
  | { readonly kind: 'replace'; readonly upTo: number; readonly rows: readonly Entry[] }
  | { readonly kind: 'restore'; readonly back: number }
  | { readonly kind: 'optimize' | 'order' | 'checkpoint' | 'vacuum' | 'reopen' | 'again' }

const entry = fc.record({
  id: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 8 }),
  text: fc.option(fc.constantFrom('', 'a', 'ü', '"\n'), { freq: 5 }),
})
const rows = fc.array(entry, { maxLength: 5 })
const upTo = fc.integer({ min: -1, max: 9 })
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('append' as const, 'update' as const, 'ignore' as const), rows }),
  },
  fc.record({ kind: fc.constant('overwrite' as const), rows }),
  fc.record({ kind: fc.constant('delete' as const), upTo }),
  fc.record({ kind: fc.constant('replace' as const), upTo, rows }),
  fc.record({ kind: fc.constant('restore' as const), back: fc.nat(5) }),
  fc.record({ kind: fc.constantFrom('optimize', 'order', 'checkpoint', 'vacuum', 'reopen', 'again') }),
)
const atMost = (limit: number): Predicate => ({
  op: 'compare',
  operator: '<=',
  left: { kind: 'column', name: 'id' },
  right: { kind: 'literal', value: limit },
})
const isTaken = (limit: number) => (row: Entry) => row.id !== null && row.id <= limit

/** Applies a change to the rows of the model, as plainly as possible. */
function apply(
  before: readonly Entry[],
  what: Change,
  versions: ReadonlyMap<number, readonly Entry[]>,
  target: number,
): readonly Entry[] {
  switch (what.kind) {
    case 'append':
      return [...before, ...what.rows]
    case 'overwrite':
      return what.rows
    case 'delete':
      return before.filter((row) => !isTaken(what.upTo)(row))
    case 'replace':
      return [...before.filter((row) => !isTaken(what.upTo)(row)), ...what.rows]
    case 'restore':
      return versions.get(target) ?? []
    case 'ignore': {
      const added: Entry[] = []
      for (const row of what.rows) {
        if (row.id === null || ![...before, ...added].some(({ id }) => id === row.id)) added.push(row)
      }
      return [...before, ...added]
    }
    case 'update': {
      const last = new Map(what.rows.map((row) => [row.id, row]))
      const updated = before.map((row) => (row.id === null ? row : (last.get(row.id) ?? row)))
      const isNew = (row: Entry) =>
        row.id === null || (last.get(row.id) === row && !before.some(({ id }) => id === row.id))
      return [...updated, ...what.rows.filter(isNew)]
    }
    default:
      return before
  }
}

async function read(reader: TableReader): Promise<string[]> {
  const found: string[] = []
  for await (const batch of reader.scan()) for (const row of batchRows(batch)) found.push(JSON.stringify(row))
  return found.sort()
}
const texts = (all: readonly Entry[]) => all.map((row) => JSON.stringify(row)).sort()

async function run(table: DeltaTable, what: Change, batchId: string, target: number): Promise<void> {
  const batch =
    'rows' in what
      ? batchFromRows(
          COLUMNS,
          what.rows.map((row) => ({ ...row })),
        )
      : undefined
  const commit = { batchId }
  if (what.kind === 'append' && batch) await table.append(batch, commit)
  if (what.kind === 'overwrite' && batch) await table.overwrite(batch, commit)
  if (what.kind === 'replace' && batch) await table.overwrite(batch, atMost(what.upTo), commit)
  if ((what.kind === 'update' || what.kind === 'ignore') && batch) {
    await table.merge(batch, { keys: ['id'], whenMatched: what.kind }, commit)
  }
  if (what.kind === 'delete') await table.delete(atMost(what.upTo), commit)
  if (what.kind === 'restore') await table.restore(target, commit)
  if (what.kind === 'optimize') await table.optimize()
  if (what.kind === 'order') await table.optimize({ clusterColumns: ['text', 'id'] })
  if (what.kind === 'checkpoint') await table.checkpoint()
  if (what.kind === 'vacuum') await table.vacuum()
}

test('every version of the table equals a model that keeps a list of rows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 3, maxLength: 14 }), fc.boolean(), async (changes, partitioned) => {
      const path = newFolder()
      let storage: DeltaStorage = deltaStorage({ path, tableProperties: { 'delta.checkpointInterval': '4' } })
      const options = { columns: COLUMNS, partitionColumns: partitioned ? ['text'] : [] }
      // Partition values of Delta cannot be empty texts.
      const withDefaults = (change: Change): Change =>
        partitioned && 'rows' in change
          ? { ...change, rows: change.rows.map((row) => ({ ...row, text: row.text || null })) }
          : change
      const open = () => storage.openTable({ schema: 's', name: 't' }, options)
      try {
        let table = await open()
        await table.append(batchFromRows(COLUMNS, []), { batchId: 'start' })
        const versions = new Map<number, readonly Entry[]>([[0, []]])
        let current: readonly Entry[] = []
        for (const [at, each] of changes.entries()) {
          const what = withDefaults(each)
          if (what.kind === 'reopen') {
            await storage.close()
            storage = deltaStorage({ path })
            table = await open()
          }
          const newest = Math.max(...versions.keys())
          const target = what.kind === 'restore' ? Math.max(0, newest - what.back) : 0
          if (what.kind === 'again')
            await table.append(batchFromRows(COLUMNS, [{ id: 1, text: null }]), { batchId: 'start' })
          await run(table, what, `batch-${at}`, target)
          current = apply(current, what, versions, target)
          for (let version = newest + 1; version <= (await table.info()).version; version++)
            versions.set(version, current)
          expect(await read(table)).toEqual(texts(current))
          expect((await table.info()).rowCount).toBe(current.length)
        }
        for (const [version, expected] of versions) expect(await read(await table.at(version))).toEqual(texts(expected))
      } finally {
        await storage.close()
      }
    }),
    { numRuns: 25 },
  )
})
