import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantReader } from '../src/mapping/instant.ts'
import { matchesGlob, phaseOf } from '../src/mapping/phase.ts'
import { readJsonElements } from '../src/reading/json-elements.ts'

test('times of every known form are one', () => {
  const reader = instantReader()
  for (const text of [
    '2024-01-01T12:00:00.123456Z',
    '2024-01-01 12:00:00.123456+00',
    '2024-01-01T13:30:00.123456+01:30',
    '20240101T120000.123456Z',
    '2024-01-01T12:00:00.123456789Z',
  ]) {
    expect(reader.read(text), text).toBe('2024-01-01T12:00:00.123456Z')
  }
  expect(reader.withoutZone).toBe(0)
  expect(reader.read('2024-01-01T12:00:00')).toBe('2024-01-01T12:00:00.000000Z')
  expect(reader.withoutZone).toBe(1)
  expect(reader.read('yesterday')).toBeUndefined()
})

test('a zone places times that have none, on both sides of a change of the clocks', () => {
  const reader = instantReader('Europe/Berlin')
  expect(reader.read('2024-01-15T12:00:00')).toBe('2024-01-15T11:00:00.000000Z')
  expect(reader.read('2024-07-15T12:00:00')).toBe('2024-07-15T10:00:00.000000Z')
  expect(reader.read('2024-03-31T01:59:00')).toBe('2024-03-31T00:59:00.000000Z')
  expect(reader.read('2024-03-31T03:01:00')).toBe('2024-03-31T01:01:00.000000Z')
  expect(reader.read('2024-07-15T12:00:00Z')).toBe('2024-07-15T12:00:00.000000Z')
  expect(() => instantReader('Mars/Base')).toThrow(RangeError)
})

test('of a local time that comes twice the first counts, and one that the clocks jump over lies after the jump', () => {
  for (const [zone, local, instant] of [
    ['Europe/Berlin', '2024-10-27 02:30:00', '2024-10-27T00:30:00.000000Z'],
    ['America/New_York', '2024-11-03T01:30:00.000001', '2024-11-03T05:30:00.000001Z'],
    ['America/New_York', '2024-03-10 02:30:00', '2024-03-10T07:30:00.000000Z'],
    ['Europe/Berlin', '2024-03-31 02:30:00', '2024-03-31T01:30:00.000000Z'],
    ['Australia/Lord_Howe', '2024-04-07 01:45:00', '2024-04-06T14:45:00.000000Z'],
    ['Australia/Lord_Howe', '2024-10-06 02:15:00', '2024-10-05T15:45:00.000000Z'],
    ['Atlantic/Azores', '2024-10-27 00:15:00', '2024-10-27T00:15:00.000000Z'],
    ['Pacific/Apia', '2011-12-30 12:00:00', '2011-12-30T22:00:00.000000Z'],
    ['Pacific/Apia', '2011-12-29 23:00:00', '2011-12-30T09:00:00.000000Z'],
    ['Pacific/Apia', '2011-12-31 01:00:00', '2011-12-30T11:00:00.000000Z'],
  ]) {
    expect([zone, local, instantReader(zone).read(local ?? '')]).toEqual([zone, local, instant])
  }
})

test('overrides win over tags, tags over names', () => {
  expect(phaseOf({ name: 'model.shop.stg_orders' })).toBe('bronze')
  expect(phaseOf({ name: 'model.shop.stg_orders', tags: ['Gold'] })).toBe('gold')
  expect(phaseOf({ name: 'model.shop.stg_orders', tags: ['gold'] }, { '*.stg_*': 'silver' })).toBe('silver')
  expect(phaseOf({ name: 'model.shop.x', folders: ['marts', 'core'] })).toBe('gold')
  expect(matchesGlob('a?c.*', 'abc.(d)')).toBe(true)
  expect(matchesGlob('a.c', 'abc')).toBe(false)
})

test('elements of any document come out whole, however the bytes are cut', async () => {
  const run = async (document: unknown, size: number) => {
    const bytes = Buffer.from(JSON.stringify(document))
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    const elements: unknown[] = []
    let envelope: unknown
    for await (const piece of readJsonElements(chunks(), 'rows')) {
      if (piece.kind === 'element') elements.push(JSON.parse(piece.text))
      else if (piece.kind === 'envelope') envelope = JSON.parse(piece.text)
      else throw new Error(piece.reason)
    }
    return { elements, envelope }
  }
  const rows = fc
    .array(fc.jsonValue(), { maxLength: 4 })
    .map((values) => JSON.parse(JSON.stringify(values)) as unknown[])
  await fc.assert(
    fc.asyncProperty(rows, fc.jsonValue(), fc.integer({ min: 1, max: 9 }), async (values, other, size) => {
      const rest = JSON.parse(JSON.stringify({ before: other, after: { rows: 'no', list: [other] } })) as object
      expect(await run(values, size)).toEqual({ elements: values, envelope: [] })
      const { elements, envelope } = await run({ ...rest, rows: values, last: 1 }, size)
      expect(elements).toEqual(values)
      expect(envelope).toEqual({ ...rest, rows: [], last: 1 })
    }),
    { seed: 7, numRuns: 150 },
  )
})
