import { expect, test } from 'vitest'
import { parseArguments } from '../src/harness/arguments.ts'
import type { Bench } from '../src/harness/bench.ts'
import { jsonLine, tableOf } from '../src/harness/report.ts'
import { runBench } from '../src/harness/run-bench.ts'
import { median, quantile } from '../src/harness/statistics.ts'
import { repeat } from '../src/harness/timing.ts'

test('the median of an even count is the mean of the two in the middle', () => {
  expect(median([9, 1, 3, 5])).toBe(4)
  expect(median([2, 1, 10])).toBe(2)
  expect(quantile([0, 10, 20, 30, 40], 0.99)).toBeCloseTo(39.6)
})

test('the first call warms up and is not counted', async () => {
  expect(await repeat(3, async (repetition) => repetition * 10)).toEqual([10, 20, 30])
})

test('a line has exactly the six keys, with null for what is not known', () => {
  const line = jsonLine({ bench: 'ingest', case: '10 rows', value: 1234.567, unit: 'rows/s' })
  expect(line).toBe('{"bench":"ingest","case":"10 rows","value":1235,"unit":"rows/s","ratio":null,"against":null}')
})

test('the table aligns its columns', () => {
  const table = tableOf([
    { bench: 'a', case: 'first', value: 12345, unit: 'rows/s', ratio: 0.5, against: 'the engine' },
    { bench: 'a', case: 'second', value: 1, unit: 'ms' },
  ])
  const [header, first, second] = table.split('\n')
  expect(first?.indexOf('rows/s')).toBe(header?.indexOf('unit'))
  expect(second?.indexOf('ms')).toBe(header?.indexOf('unit'))
  expect(table).toContain('12,350')
  expect(table).toContain('0.5x the engine')
})

test('only the cases that were asked for are reported', async () => {
  const bench: Bench = {
    name: 'sample',
    question: 'none',
    async *run() {
      yield { case: '10 rows', value: 1, unit: 'ms' }
      yield { case: '1000 rows', value: 2, unit: 'ms' }
    },
  }
  const cases: string[] = []
  for await (const line of runBench(bench, { repetitions: 1, only: '1000' })) cases.push(line.case)
  expect(cases).toEqual(['1000 rows'])
})

test('without names all are meant, and an unknown name or option is a problem', () => {
  expect(parseArguments(['--json'], ['a', 'b']).names).toEqual(['a', 'b'])
  expect(parseArguments(['c'], ['a', 'b']).problem).toContain('c')
  expect(parseArguments(['--fast'], ['a']).problem).toBeDefined()
  expect(parseArguments(['--repetitions', '0'], ['a']).problem).toBeDefined()
})
