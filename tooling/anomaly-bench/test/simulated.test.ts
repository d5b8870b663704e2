import { expect, test } from 'vitest'

interface Result {
  readonly f1: number
  readonly runs: number
  readonly found: number
  readonly incidents: number
  readonly falseAlarms: number
  readonly falseAlarmsPer1000Runs: number
  readonly missed: readonly unknown[]
  readonly wrong: readonly unknown[]
}
interface Module {
  runSimulated(options: object): Result
  simulatedLines(result: Result): string[]
}

// The name is a variable, so that the types of plain JavaScript are not checked.
const module = '../simulated.mjs'
const { runSimulated, simulatedLines }: Module = await import(module)

test('a small simulated year is judged well, and the figures add up', { tags: 'many-rows' }, () => {
  const result = runSimulated({ seed: 11, pipelines: 6, steps: 8, days: 300 })
  expect(result.f1).toBeGreaterThan(0.85)
  expect(result.found + result.missed.length).toBe(result.incidents)
  expect(result.wrong).toHaveLength(result.falseAlarms)
  expect(result.falseAlarmsPer1000Runs).toBeCloseTo((1000 * result.falseAlarms) / result.runs)
  expect(simulatedLines(result)[1]).toMatch(/^F1 0\.\d{4} {2}precision/)
})
