import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FORMATS } from '../src/formats.ts'
import { instantReader } from '../src/mapping/instant.ts'
import { partsOfName } from '../src/mapping/names.ts'
import { matchesGlob } from '../src/mapping/phase.ts'
import { shownNames } from '../src/mapping/shown-names.ts'
import { openStream } from '../src/reading/input.ts'
import { endOfValue, splitValues } from '../src/reading/json-elements.ts'
import { isTooDeep } from '../src/reading/parse-json.ts'
import { readTextItems, rowsOf } from './read-items.ts'

/** Text that counts how often a character of it is read. */
function countReads(text: string) {
  let steps = 0
  const charAt = (at: number) => {
    steps++
    return text.charAt(at)
  }
  return { text: { length: text.length, charAt } as unknown as string, steps: () => steps }
}

test('globs take no more steps than glob and text have characters, multiplied', () => {
  const hostile = countReads('a'.repeat(2000))
  expect(matchesGlob('*a*a*a*a*a*a*b', hostile.text)).toBe(false)
  expect(hostile.steps()).toBeLessThan(2000 * 15 * 2)
  expect([matchesGlob('*', ''), matchesGlob('', ''), matchesGlob('?', ''), matchesGlob('a*c?', 'abcbcd')]).toEqual([
    true,
    true,
    false,
    true,
  ])
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.'), maxLength: 8 })
  fc.assert(
    fc.property(glob, fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 }), (pattern, text) => {
      const regular = pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*').replaceAll('?', '.')
      expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${regular}$`, 's').test(text))
    }),
  )
})

test('blanks after a value are read once, and blanks within it are not read', () => {
  const hostile = countReads(`${' '.repeat(5000)}{}${' ,'.repeat(500)}`)
  expect(endOfValue(hostile.text)).toBe(5002)
  expect(hostile.steps()).toBe(1001)
  expect([endOfValue(''), endOfValue(' , ')]).toEqual([0, 0])
})

test('documents of a megabyte of brackets, keys or empty arrays are read at once', { tags: 'many-rows' }, async () => {
  const many = (text: string) => text.repeat(Math.ceil(4e5 / text.length))
  for (const text of [
    `{"eventTime":"x","runId":"x","a":[${many('[],')}0]}`,
    `{"eventTime":"x","runId":"x",${many('"a":[],')}"b":1}`,
    `{"eventTime":"x","runId":"x","a":"${many('[{')}"}`,
    `{"eventTime":"x","runId":"x","events":[]${many(' ')}`,
    `{"eventTime":"x","runId":"x"${many('}{')}`,
    `{"eventTime":"x","runId":"x"}${many('}')}`,
    `[${many('{"eventTime":"x","runId":[')}`,
  ]) {
    const items = await readTextItems(text, 'x.json', {}, 64 * 1024)
    expect(items.every(({ kind }) => kind === 'reject' || kind === 'ignored')).toBe(true)
  }
  expect(splitValues(many('{}')).length).toBe(2e5)
  expect(isTooDeep(many('['))).toBe(true)
  expect(partsOfName(many('"."'))).toHaveLength(1)
  expect(shownNames(Array.from({ length: 10_000 }, () => 'x'.repeat(1000))).length).toBeLessThan(1200)
})

test('one event with column lineage of thousands of columns is one row', async () => {
  const fields = Object.fromEntries(
    Array.from({ length: 3000 }, (_, at) => [
      `c${at}`,
      { inputFields: Array.from({ length: 10 }, (_, of) => ({ field: `f${of}` })) },
    ]),
  )
  const event = {
    eventType: 'COMPLETE',
    eventTime: '2026-01-01T00:00:00Z',
    run: { runId: '1' },
    job: { namespace: 'n', name: 'j' },
    outputs: [{ name: 'a.b.c', facets: { columnLineage: { fields } } }],
  }
  expect(rowsOf(await readTextItems(JSON.stringify(event), 'x.json'))).toHaveLength(1)
})

test('many events of one job, and jobs in a long chain of parents, are folded', { tags: 'many-rows' }, async () => {
  const event = (at: number, type: string, parent?: number) => ({
    eventType: type,
    eventTime: '2026-01-01T00:00:00Z',
    run: {
      runId: `r${at}`,
      facets:
        parent === undefined ? {} : { parent: { run: { runId: `r${parent}` }, job: { namespace: 'n', name: 'j' } } },
    },
    job: { namespace: 'n', name: 'j' },
  })
  const lines = (events: readonly object[]) => events.map((each) => JSON.stringify(each)).join('\n')
  const same = Array.from({ length: 30_000 }, () => event(0, 'START'))
  const now = () => new Date('2026-01-01T01:00:00Z')
  const pending = await readTextItems(lines(same), 'x.ndjson', { now })
  expect(pending.find(({ kind }) => kind === 'pending')).toMatchObject({ count: 30_000 })
  const chain = Array.from({ length: 5000 }, (_, at) => event(at, 'COMPLETE', at === 0 ? undefined : at - 1))
  const rows = rowsOf(await readTextItems(lines(chain), 'x.ndjson'))
  expect(new Set(rows.map((row) => row.run_id))).toEqual(new Set(['r0']))
})

const word = fc.constantFrom(
  ...[
    'run_id',
    'phase',
    'step_name',
    'metadata',
    'results',
    'status',
    'fail',
    'jobs',
    'events',
    'gold',
    '0001-01-01T00:00:00Z',
  ],
  ...[
    '\\ud800',
    '1e999',
    '9007199254740993',
    'NULL',
    '\u0000',
    '\ufeff',
    '"',
    '\\',
    ',',
    ';',
    '\n',
    '\r',
    '{',
    '}',
    '[',
    ']',
    ':',
    '=',
    '__proto__',
  ],
)
const text = fc
  .array(fc.oneof(word, fc.string({ maxLength: 5 }), fc.json()), { maxLength: 12 })
  .map((parts) => parts.join(''))
const BEGINNINGS: Readonly<Record<string, readonly string[]>> = {
  dbt: [
    '{"metadata":{"dbt_schema_version":"x/run-results/v6.json","generated_at":"2026-01-01","invocation_id":"i"},"results":[',
  ],
  'dbt-sources': [
    '{"metadata":{"dbt_schema_version":"x/sources/v3.json","generated_at":"2026-01-01","invocation_id":"i"},"results":[',
  ],
  openlineage: [
    '{"eventType":"FAIL","eventTime":"2026-01-01","run":{"runId":"1","facets":',
    '{"eventTime":"2026-01-01","run":',
  ],
  github: ['{"jobs":[{"id":1,"run_id":2,"conclusion":"failure","steps":', '{"workflow_run":{"id":1,'],
  csv: ['run_id,phase,step_name\n', 'sep=;\nrun_id;phase\n'],
  ndjson: ['{"run_id":"a"}\n', '{"run_id":"a","metadata":'],
  json: ['[{"run_id":"a"},', '{"rows":['],
}

test.each(Object.entries(BEGINNINGS))(
  '%s: whatever a document holds, it is read to its end, or is one error with a message',
  async (format, beginnings) => {
    const adapter = FORMATS.find((each) => each.format === format)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...beginnings),
        text,
        fc.constantFrom('', ']', '}', ']}', '}]}'),
        fc.integer({ min: 1, max: 64 }),
        async (head, body, tail, size) => {
          const bytes = Buffer.from(head + body + tail)
          const chunks = function* () {
            for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
          }
          const input = await openStream(Readable.from(chunks()), { name: 'x' })
          try {
            for await (const item of adapter?.read(input, { instants: instantReader() }) ?? []) {
              if (item.kind === 'reject') expect(item.reason).not.toMatch(/Cannot read|is not a function|call stack/)
            }
          } catch (error) {
            // Of the file as a whole: nothing of it can be placed.
            expect(error).toBeInstanceOf(RangeError)
            expect(String(error)).not.toMatch(/call stack|Invalid array length|Invalid time/)
          }
        },
      ),
      { numRuns: 150 },
    )
  },
)
