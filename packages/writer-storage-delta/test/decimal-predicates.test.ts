import { join } from 'node:path'
import {
  batchFromRows,
  type ColumnDefinition,
  memoryStorage,
  parsePredicate,
  type StorageBackend,
} from '@forge/writer-core'
import { decimalText, decimalType } from '@forge/writer-core/storage'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

const folder = newFolder()
let storages: readonly StorageBackend[] = []
beforeAll(async () => {
  storages = [memoryStorage(), duckdbStorage({ path: join(folder, 'd.duckdb') }), deltaStorage({ path: folder })]
})
afterAll(async () => {
  for (const storage of storages) await storage.close()
})

const shapes = fc
  .integer({ min: 1, max: 38 })
  .chain((precision) => fc.tuple(fc.constant(precision), fc.integer({ min: 0, max: precision })))

/** Generates values of a decimal of that shape, many of them adjacent, and constants near them with up to two more digits. */
const cases = shapes.chain(([precision, scale]) => {
  const greatest = 10n ** BigInt(precision) - 1n
  const value = fc.oneof(
    fc.bigInt({ min: -greatest, max: greatest }),
    fc.integer({ min: 0, max: 2 }).map((step) => (BigInt(step) > greatest ? greatest : greatest - BigInt(step))),
    fc.constantFrom(0n, -1n, 1n),
  )
  const values = fc.array(value, { minLength: 1, maxLength: 8 })
  const constant = fc
    .tuple(value, fc.integer({ min: -101, max: 101 }))
    .map(([near, step]) => near * 100n + BigInt(step))
  return fc.record({
    precision: fc.constant(precision),
    scale: fc.constant(scale),
    values,
    constants: fc.tuple(constant, constant),
  })
})

const CONDITIONS: readonly (readonly [
  text: (a: string, b: string) => string,
  takes: (value: bigint, a: bigint, b: bigint) => boolean,
])[] = [
  [(a) => `d = ${a}`, (value, a) => value === a],
  [(a) => `d != ${a}`, (value, a) => value !== a],
  [(a) => `d < ${a}`, (value, a) => value < a],
  [(a) => `${a} >= d`, (value, a) => value <= a],
  [(a) => `d > ${a}`, (value, a) => value > a],
  [(a) => `not (d >= ${a})`, (value, a) => value < a],
  [(a, b) => `d in (${a}, ${b})`, (value, a, b) => value === a || value === b],
  [(a, b) => `d not in (${a}, ${b})`, (value, a, b) => value !== a && value !== b],
  [(a, b) => `d between ${a} and ${b}`, (value, a, b) => value >= a && value <= b],
]

test('conditions on decimals select the same rows on every storage as arithmetic with whole numbers', {
  tags: 'many-cases',
}, async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(cases, async ({ precision, scale, values, constants }) => {
      run++
      const columns: ColumnDefinition[] = [
        { name: 'id', type: 'int64', nullable: false },
        { name: 'd', type: decimalType(precision, scale), nullable: true },
      ]
      const rows = values.map((unscaled, id) => ({ id, d: decimalText({ unscaled, scale }) }))
      const [a, b] = constants
      const texts = constants.map((unscaled) => decimalText({ unscaled, scale: scale + 2 }))
      for (const storage of storages) {
        const table = await storage.openTable({ schema: 's', name: `t${run}` }, { columns })
        for (const row of rows) await table.append(batchFromRows(columns, [row]), { batchId: `b${row.id}` })
        for (const [text, takes] of CONDITIONS) {
          const where = parsePredicate(text(texts[0] ?? '', texts[1] ?? ''))
          const [figures] = await table.aggregate({ where, measures: [{ as: 'n', fn: 'count' }] })
          const expected = values.filter((value) => takes(value * 100n, a, b)).length
          expect(figures?.n, `${storage.name}: ${text('a', 'b')}`).toBe(expected)
        }
      }
    }),
    { numRuns: 12 },
  )
})
