// @module-tag many-cases
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseMetrics } from '../src/command/metrics-file.ts'

test('names and values, and JSON objects, may be mixed; the last value of a name counts', () => {
  const text =
    'rows_written=100\n{"rows_processed": 7, "lag": {"secs": 3}}\nrows_written=123\r\n note = two words \nok=true\nx=1.5e3\n'
  expect(parseMetrics(text)).toEqual({
    rows_written: 123,
    rows_processed: 7,
    lag: { secs: 3 },
    note: 'two words',
    ok: true,
    x: 1500,
  })
})

test('a count beyond 2^53 keeps its digits', () => {
  expect(parseMetrics('rows_written=9007199254740993')).toEqual({ rows_written: '9007199254740993' })
})

test('other lines are ignored', () => {
  expect(parseMetrics('\n=5\n{"a":\n[1]\nplain\na b=1\n')).toBeUndefined()
  expect(parseMetrics('null\n{}')).toBeUndefined()
})

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseMetrics(text)))
})
