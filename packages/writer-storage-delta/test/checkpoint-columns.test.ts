// @module-tag many-cases
import { appendFile, rm } from 'node:fs/promises'
import { newFolder } from '@forge/writer-core/testing'
import { openEngine, type Session } from '@forge/writer-storage-duckdb/engine'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeCheckpoint } from '../src/log/checkpoint-write.ts'
import { loadSnapshot } from '../src/log/load-snapshot.ts'
import type { Snapshot } from '../src/log/snapshot.ts'
import { structFields } from '../src/log/struct-fields.ts'
import { localStore } from '../src/store/local-store.ts'
import { field, handMadeTable, metaData, PLAIN } from './hand-made-table.ts'

let engine: Awaited<ReturnType<typeof openEngine>>
let session: Session
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  session = await engine.session()
})
afterAll(() => {
  session.close()
  engine.close()
})

/** Returns what a snapshot holds, without the fields that are null: a checkpoint has every field. */
function contentOf(snapshot: Snapshot | undefined) {
  const { files, tombstones, transactions, domains } = snapshot?.state() ?? {}
  const content = [files, tombstones, transactions, domains].map((map) => [...(map ?? [])].sort())
  return JSON.parse(JSON.stringify({ content, metadata: snapshot?.metadata }), (_key, value) => value ?? undefined)
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('', 'NaN', '"inf"', 'é', '\u0001'),
)
const count = fc.integer({ min: 0, max: 2 ** 50 })
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const values = fc.dictionary(text, fc.option(text), { maxKeys: 3, noNullPrototype: true })
const vector = fc.record({
  storageType: fc.constant('u'),
  pathOrInlineDv: text,
  offset: optional(fc.nat()),
  sizeInBytes: fc.nat(),
  cardinality: count,
})
const add = fc.record({
  path: text,
  partitionValues: values,
  size: count,
  modificationTime: count,
  dataChange: fc.constant(false),
  stats: optional(fc.oneof(text, fc.json())),
  tags: optional(values),
  deletionVector: optional(vector),
  baseRowId: optional(count),
  defaultRowCommitVersion: optional(count),
  clusteringProvider: optional(text),
})
const remove = fc.record({
  path: text.map((path) => `removed ${path}`),
  deletionTimestamp: fc.integer({ min: 2 ** 42, max: 2 ** 45 }),
  dataChange: fc.constant(false),
  size: optional(count),
  deletionVector: optional(vector),
})
const transaction = fc.record({
  appId: text.filter((id) => id.trim() !== ''),
  version: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  lastUpdated: optional(fc.integer({ min: 2 ** 42, max: 2 ** 45 })),
})

test('a checkpoint is read as the commits that it replaces', async () => {
  const table = fc.record({
    adds: fc.array(add, { maxLength: 8 }),
    removes: fc.array(remove, { maxLength: 3 }),
    transactions: fc.array(transaction, { maxLength: 4 }),
    domain: text,
  })
  await fc.assert(
    fc.asyncProperty(table, async ({ adds, removes, transactions, domain }) => {
      const path = newFolder()
      const log = handMadeTable(path)
      const actions = [
        ...adds.map((each) => ({ add: each })),
        ...removes.map((each) => ({ remove: each })),
        { domainMetadata: { domain, configuration: 'x', removed: false } },
      ]
      const file = await log.commit(
        0,
        { protocol: PLAIN },
        metaData([field('id')], { configuration: { a: 'b' } }),
        ...actions,
      )
      for (const { version, ...txn } of transactions) {
        await appendFile(
          file,
          `\n${JSON.stringify({ txn: { ...txn, version: 0 } }).replace('"version":0', `"version":${version}`)}`,
        )
      }
      const store = localStore(path)
      const before = await loadSnapshot(store, session)
      if (before === undefined) throw new Error('the table is missing')
      await writeCheckpoint(store, session, before, new Date(0))
      await rm(file)
      expect(contentOf(await loadSnapshot(store, session))).toEqual(contentOf(before))
    }),
    { numRuns: 40 },
  )
})

test('fields of a struct are found by the name of its type', async () => {
  const name = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 12 }).filter((each) => !each.includes('\0'))
  const type = fc.constantFrom(
    'VARCHAR',
    'BIGINT',
    'MAP(VARCHAR, VARCHAR)',
    'DECIMAL(10,2)',
    'STRUCT(a VARCHAR, "b, c" INTEGER[])',
    'VARCHAR[]',
  )
  const unique = { minLength: 1, maxLength: 5, selector: ([each]: [string, string]) => each.toLowerCase() }
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.tuple(name, type), unique), async (fields) => {
      const list = fields.map(([each, of]) => `"${each.replaceAll('"', '""')}" ${of}`).join(', ')
      const [row] = await session.rows(`select typeof(null::struct(${list})) as type`)
      expect([...(structFields(String(row?.type)) ?? [])]).toEqual(fields)
    }),
  )
  expect(structFields('MAP(VARCHAR, VARCHAR)')).toBe(undefined)
})
