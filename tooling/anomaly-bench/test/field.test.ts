import { expect, test } from 'vitest'

interface Result {
  readonly runs: number
  readonly found: number
  readonly incidents: number
  readonly falseAlarms: number
  readonly falseAlarmsPer1000Runs: number
  readonly missed: readonly unknown[]
  readonly wrong: readonly unknown[]
}
interface Module {
  runField(options: object): Result
  runPeers(options: object): (Result & { readonly name: string })[]
}

// The name is not a literal, so that the types of plain JavaScript are not asked for.
const module = '../field.mjs'
const { runField, runPeers }: Module = await import(module)

test('a small log of the field is judged as it comes, and the figures add up', { tags: 'many-rows' }, () => {
  const result = runField({ seed: 11, pipelines: 8, days: 100 })
  expect(result.found + result.missed.length).toBe(result.incidents)
  expect(result.wrong).toHaveLength(result.falseAlarms)
  expect(result.falseAlarmsPer1000Runs).toBeCloseTo((1000 * result.falseAlarms) / result.runs)
})

test('four simple rules are scored on the same rows', () => {
  const peers = runPeers({ seed: 11, pipelines: 4, days: 80 })
  expect(peers).toHaveLength(4)
  for (const { runs, falseAlarms } of peers) expect(falseAlarms).toBeLessThan(20 * runs)
})
