// @module-tag many-cases
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseMetrics } from '../src/command/metrics-file.ts'

test('names and values, and JSON objects, may be mixed; the last value of a name counts', () => {
  const text =
    'rows_written=100\n{"rows_processed": 7, "lag": {"secs": 3}}\nrows_written=123\r\n note = two words \nok=true\nx=1.5e3\n'
  expect(parseMetrics(text).metrics).toEqual({
    rows_written: 123,
    rows_processed: 7,
    lag: { secs: 3 },
    note: 'two words',
    ok: true,
    x: 1500,
  })
})

test('a count beyond 2^53 keeps its digits', () => {
  expect(parseMetrics('rows_written=9007199254740993').metrics).toEqual({ rows_written: '9007199254740993' })
})

test('lines of another form are counted, and hide no figure; empty lines are not counted', () => {
  expect(parseMetrics('\n=5\n{"a":\n[1]\nplain\na b=1\n')).toEqual({ ignoredMetrics: 5 })
  expect(parseMetrics('null\n{}')).toEqual({ ignoredMetrics: 1 })
  expect(parseMetrics('rows 5\n\nrows_written=5\n')).toEqual({ metrics: { rows_written: 5 }, ignoredMetrics: 1 })
})

test('lines with names beyond the greatest number are counted', () => {
  const lines = Array.from({ length: 1003 }, (_, index) => `n${index}=1`)
  expect(parseMetrics([...lines, 'n0=2'].join('\n')).ignoredMetrics).toBe(3)
})

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseMetrics(text)))
})
