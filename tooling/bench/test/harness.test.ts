import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { parseArguments } from '../src/harness/arguments.ts'
import type { Bench } from '../src/harness/bench.ts'
import { compareLines, comparisonTable, sidesInTurn } from '../src/harness/comparison.ts'
import { markdownReport, writeBetweenMarks } from '../src/harness/markdown-report.ts'
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

test('a comparison takes the medians of both sides, and shows which side lacks a case', () => {
  const line = (value: number, ratio?: number) => ({ bench: 'a', case: 'x', unit: 'ms', value, ratio })
  const cases = compareLines({
    here: [line(1, 0.5), line(3, 0.7), line(2, 0.6), { ...line(9), case: 'new' }],
    there: [line(4, 1), line(4, 2), line(5, 3)],
  })
  expect(cases).toEqual([
    { bench: 'a', case: 'x', unit: 'ms', here: 2, there: 4, change: 0.5, ratioHere: 0.6, ratioThere: 2 },
    { bench: 'a', case: 'new', unit: 'ms', here: 9 },
  ])
  const [header, first, second] = comparisonTable(cases, 'v1').split('\n')
  expect(header).toMatch(/^bench +case +here +v1 +unit/)
  expect(first).toMatch(/^a +x +2 +4 +ms +0.5 +0.6 +2$/)
  expect(second).toMatch(/^a +new +9 +- +ms +- +- +-$/)
})

test('both sides run in turn, and each begins as often as the other', () => {
  expect([...sidesInTurn(4)]).toEqual(['here', 'there', 'there', 'here', 'here', 'there', 'there', 'here'])
})

test('rounds need a comparison', () => {
  expect(parseArguments(['--compare', 'main', '--rounds', '5'], ['a'])).toMatchObject({ compare: 'main', rounds: 5 })
  expect(parseArguments(['--rounds', '5'], ['a']).problem).toBeDefined()
  expect(parseArguments(['--compare', 'main', '--rounds', '0'], ['a']).problem).toBeDefined()
})

test('the table for a document names the machine and escapes its cells', () => {
  const setting = {
    date: '2026-01-02',
    node: 'v20.1.0',
    processor: 'A',
    processors: 2,
    memoryBytes: 2 ** 34,
    load: 0.25,
  }
  const line = { bench: 'a', case: 'x | y', value: 12345, unit: 'rows/s', ratio: 0.5, against: 'COPY' }
  const [about, , header, , row] = markdownReport([line], setting, ['DuckDB v1.5.6']).split('\n')
  for (const part of ['2026-01-02', '2 processors (A)', '16 GiB', 'v20.1.0', 'DuckDB v1.5.6', '0.3']) {
    expect(about).toContain(part)
  }
  expect(header?.split(' | ')).toHaveLength(4)
  expect(row).toBe('| a | x \\| y | 12,350 rows/s | 0.5 x COPY |')
})

test('only what stands between the marks of a document is replaced', async () => {
  const path = join(newFolder(), 'README.md')
  await writeFile(path, 'before\n<!-- bench -->\n\nold\n\n<!-- /bench -->\nafter\n')
  await writeBetweenMarks(path, 'new')
  expect(await readFile(path, 'utf8')).toBe('before\n<!-- bench -->\n\nnew\n\n<!-- /bench -->\nafter\n')
  await writeFile(path, 'no marks\n')
  await expect(writeBetweenMarks(path, 'new')).rejects.toThrow()
  expect(await readFile(path, 'utf8')).toBe('no marks\n')
})

test('a table for a document does not go with a comparison', () => {
  expect(parseArguments(['--write', 'README.md'], ['a'])).toMatchObject({ write: 'README.md' })
  expect(parseArguments(['--write', 'README.md', '--compare', 'main'], ['a']).problem).toBeDefined()
})
