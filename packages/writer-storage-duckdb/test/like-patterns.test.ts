import { batchFromRows, batchRows, type ColumnDefinition, like, type Predicate } from '@forge/writer-core'
import { evaluatePredicate } from '@forge/writer-core/storage'
import { compilePredicate } from '@forge/writer-storage-duckdb/engine'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { useSession } from './use-session.ts'

const COLUMNS: readonly ColumnDefinition[] = [{ name: 'text', type: 'string', nullable: true }]
const session = useSession()

async function truthsOf(predicate: Predicate, texts: readonly string[]): Promise<boolean[]> {
  const { sql, params } = compilePredicate(predicate, COLUMNS)
  const rows = texts.map((text) => ({ text }))
  return session().withBatch(batchFromRows(COLUMNS, rows), async (relation) => {
    const found: boolean[] = []
    const columns = [{ name: 'found', type: 'boolean' as const, nullable: true }]
    for await (const batch of session().stream({ sql: `select ${sql} as found from ${relation.sql}`, params, columns }))
      for (const row of batchRows(batch)) found.push(row.found === true)
    return found
  })
}

const piece = fc.constantFrom(
  '%',
  '%%',
  '_',
  'a',
  'b',
  'A',
  'ß',
  'İ',
  'σ',
  '👩',
  '.',
  '*',
  '(',
  '[',
  ']',
  '^',
  '$',
  '|',
  '{2}',
  '\\\\',
  '\\%',
  '\\_',
  '\\a',
  '\n',
)
const pattern = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
const text = fc
  .array(fc.constantFrom('a', 'b', 'A', 'ß', 'ẞ', 'İ', 'i', 'Σ', '👩', '.', '*', '(', '[', '%', '_', '\\', '\n'), {
    maxLength: 10,
  })
  .map((pieces) => pieces.join(''))

test('patterns of every form match in the engine what they match in core', { tags: 'many-cases' }, async () => {
  await fc.assert(
    fc.asyncProperty(
      pattern,
      fc.boolean(),
      fc.array(text, { minLength: 1, maxLength: 20 }),
      async (wanted, ignoreCase, texts) => {
        const predicate = like('text', wanted, { ignoreCase })
        const batch = batchFromRows(
          COLUMNS,
          texts.map((each) => ({ text: each })),
        )
        expect(await truthsOf(predicate, texts)).toEqual(
          [...evaluatePredicate(predicate, batch)].map((truth) => truth === 1),
        )
      },
    ),
    { numRuns: 400 },
  )
})

test.each([
  ['%a%b', 'regexp_full_match'],
  ['%a%a%a%b', 'regexp_full_match'],
  ['a%b%c', 'regexp_full_match'],
  ['a%b', ' like '],
  ['%a%', ' like '],
  ['%a%%', ' like '],
  ['a_\\%b%', ' like '],
])('%s, of which the engine would try every division, is a regular expression: %s', (wanted, operator) => {
  expect(compilePredicate(like('text', wanted), COLUMNS).sql).toContain(operator)
})

test('a text on which a search with many stars would never end is searched in one pass', async () => {
  const predicate = like('text', `${'%a'.repeat(20)}%b`)
  expect(await truthsOf(predicate, ['a'.repeat(100_000), `${'a'.repeat(100_000)}b`])).toEqual([false, true])
})
