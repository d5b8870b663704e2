import { batchFromRows, batchRows, type ColumnDefinition, type Expression, type Predicate } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deltaStorage } from '../src/index.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'score', type: 'double', nullable: true },
  { name: 'flag', type: 'boolean', nullable: true },
  { name: 'day', type: 'date', nullable: true },
  { name: 'part', type: 'string', nullable: true },
]
const long = 'z'.repeat(40)
const values: Record<string, fc.Arbitrary<unknown>> = {
  id: fc.constantFrom(null, -1, 0, 1, 7, 9007199254740993n, -9223372036854775808n, 9223372036854775807n),
  text: fc.constantFrom(
    null,
    '',
    'a',
    'ab',
    'é',
    '\u{10ffff}',
    '\u007f',
    long,
    `${long}a`,
    `${long}é`,
    'é'.repeat(300),
    '\ufeffx',
  ),
  at: fc.constantFrom(
    null,
    '2024-01-01T00:00:00.000001Z',
    '2024-01-01T00:00:00.000999Z',
    '2024-01-01T00:00:00.001Z',
    '1960-05-05T23:59:59.999999Z',
    '9999-12-31T23:59:59.999999Z',
    '0001-01-01T00:00:00Z',
  ),
  score: fc.constantFrom(
    null,
    0,
    -0,
    1.5,
    -1234567.25,
    1e15,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    5e-324,
  ),
  flag: fc.constantFrom(null, true, false),
  day: fc.constantFrom(null, '2024-01-01', '1960-02-29', '9999-12-31'),
  part: fc.constantFrom(null, 'x', 'y=/%', '\ufeffz', '%41'),
}
const row = fc.record(values)
const comparison: fc.Arbitrary<Predicate> = fc.constantFrom(...Object.keys(values)).chain((name) => {
  const column: Expression = { kind: 'column', name }
  const literal = (values[name] ?? fc.constant(null)).map(
    (value): Expression => ({ kind: 'literal', value: value as string }),
  )
  const list = fc.array(values[name] ?? fc.constant(null), { maxLength: 3 })
  return fc.oneof(
    fc
      .record({
        operator: fc.constantFrom('=', '!=', '<', '<=', '>', '>=' as const),
        right: literal,
        mirrored: fc.boolean(),
      })
      .map(({ operator, right, mirrored }): Predicate => {
        const sides = mirrored ? { left: right, right: column } : { left: column, right }
        return { op: 'compare', operator: operator as '=', ...sides }
      }),
    list.map((all): Predicate => ({ op: 'in', value: column, list: all.filter((each) => each !== null) as string[] })),
    fc.tuple(literal, literal).map(([low, high]): Predicate => ({ op: 'between', value: column, low, high })),
    fc.constant<Predicate>({ op: 'isNull', value: column }),
  )
})
const { predicate } = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 2 },
    comparison,
    fc.array(tie('predicate'), { minLength: 1, maxLength: 3 }).map((args): Predicate => ({ op: 'and', args })),
    fc.array(tie('predicate'), { minLength: 1, maxLength: 3 }).map((args): Predicate => ({ op: 'or', args })),
    tie('predicate').map((arg): Predicate => ({ op: 'not', arg })),
  ),
}))

test('skipping files by their statistics never skips a row of the answer', { tags: 'many-cases' }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(row, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      fc.array(predicate, { minLength: 20, maxLength: 20 }),
      fc.boolean(),
      async (batches, predicates, partitioned) => {
        const path = newFolder()
        const storages = [deltaStorage({ path, random: () => 0 }), deltaStorage({ path, fileSkipping: false })]
        try {
          const options = { columns: COLUMNS, partitionColumns: partitioned ? ['part', 'day'] : [] }
          const [skipping, reading] = await Promise.all(
            storages.map((storage) => storage.openTable({ schema: 's', name: 't' }, options)),
          )
          for (const [at, rows] of batches.entries()) {
            await skipping?.append(batchFromRows(COLUMNS, rows), { batchId: String(at) })
          }
          for (const where of predicates) {
            const found = await Promise.all(
              [skipping, reading].map(async (table) => {
                const texts: string[] = []
                for await (const batch of table?.scan({ where }) ?? []) {
                  for (const each of batchRows(batch)) texts.push(Object.values(each).map(String).join('|'))
                }
                return texts.sort()
              }),
            )
            expect(found[0]).toEqual(found[1])
          }
        } finally {
          for (const storage of storages) await storage.close()
        }
      },
    ),
    { numRuns: 15 },
  )
})
