import { jsonErrorOffset } from '@forge/writer-core/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test.each([
  ['', 0],
  ['{', 1],
  ['{"a": 1,}', 8],
  ['[1, 2', 5],
  ['{"a" 1}', 5],
  ['[01]', 2],
  ['  nul', 2],
  ['{"a": "b\nc"}', 6],
  ['{"a": 1} x', 9],
  ['[}', 1],
  ['"\\x"', 0],
])('%j stops being JSON after %i characters', (text, offset) => {
  expect(jsonErrorOffset(text)).toBe(offset)
})

test('agrees with JSON.parse on what is JSON, and all before the place is the beginning of some JSON', () => {
  const texts = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.nat({ max: 3 }),
      fc.string({ maxLength: 3, unit: fc.constantFrom(...'{}[]":,\\ntrue1.-e ') }),
    )
    .map(([text, at, removed, added]) => {
      const cut = at % (text.length + 1)
      return text.slice(0, cut) + added + text.slice(cut + removed)
    })
  fc.assert(
    fc.property(texts, (text) => {
      const offset = jsonErrorOffset(text)
      expect(offset === undefined).toBe(isJson(text))
      if (offset !== undefined) expect(offset).toBeLessThanOrEqual(text.length)
    }),
    { numRuns: 2000 },
  )
})

test('takes time in proportion to the text, however deep it is or many quotes are open', () => {
  expect(jsonErrorOffset('['.repeat(200_000))).toBe(200_000)
  expect(jsonErrorOffset(`["${'\\"'.repeat(200_000)}`)).toBe(1)
})
