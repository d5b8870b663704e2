import fc from 'fast-check'
import { expect, test } from 'vitest'
import { prefixedLines } from '../src/output/prefixed-lines.ts'

function linesOf(chunks: readonly Uint8Array[], prefix = 'm:'): string[] {
  const found: string[] = []
  const lines = prefixedLines(prefix, (rest) => found.push(rest))
  for (const chunk of chunks) lines.push(chunk)
  lines.end()
  return found
}

test('finds the same lines however the output is cut', () => {
  const text = fc
    .array(fc.constantFrom('m:', 'm', ':', 'a', 'ü', '\n', '\r\n'), { maxLength: 30 })
    .map((each) => each.join(''))
  fc.assert(
    fc.property(text, fc.array(fc.nat(60), { maxLength: 5 }), (output, cuts) => {
      const bytes = Buffer.from(output)
      const places = [0, ...cuts.map((at) => Math.min(at, bytes.length)).sort((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((end, at) => bytes.subarray(places[at], end))
      const expected = output.split('\n').flatMap((line) => (line.startsWith('m:') ? line.slice(2) : []))
      expect(linesOf(chunks)).toEqual(expected)
    }),
    { seed: 17, endOnFailure: true },
  )
})

test('a line of more than 64 kB is left out, and the next one is found', () => {
  const long = Buffer.from(`m:${'x'.repeat(100_000)}\nm:rows=1\n`)
  expect(linesOf([long.subarray(0, 40_000), long.subarray(40_000)])).toEqual(['rows=1'])
})
