// @module-tag many-cases
import type { LogRowInput } from '@forge/writer-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generateSummaryReport } from '../src/index.ts'
import { type Log, now, onEveryStorage } from './logs.ts'

const row = fc.record({
  run: fc.integer({ min: 0, max: 9 }),
  pipeline: fc.constantFrom('orders', 'customers'),
  phase: fc.constantFrom('bronze', 'gold', 'pipeline'),
  step: fc.constantFrom('extract', 'clean', 'join'),
  success: fc.boolean(),
  status: fc.constantFrom(null, null, 'unknown', 'skipped', 'success'),
})
type Drawn = ReturnType<typeof row.generate>['value']

const stepOf = ({ pipeline, phase, step }: Drawn) => [pipeline, phase, step].join(' ')

/** Returns a row of a run with one execution. */
function logRow({ run, pipeline, phase, step, success, status }: Drawn): LogRowInput {
  return {
    run_id: `run ${run}`,
    execution_id: `execution ${run}`,
    pipeline_id: pipeline,
    phase: phase as 'bronze',
    step_name: step,
    success,
    start_time: '2024-06-14T06:00:00Z',
    metadata: status && { status },
  }
}

/** Returns what {@link generateSummaryReport} should say of each step, counted one row at a time. */
function expectedRuns(rows: readonly Drawn[]) {
  const steps = new Map<string, Map<number, { failed: boolean; unknown: boolean }>>()
  for (const each of rows.filter(({ phase }) => phase !== 'pipeline')) {
    const runs = steps.get(stepOf(each)) ?? new Map()
    const isUnknown = each.status === 'unknown' && !each.success
    const { failed = false, unknown = false } = runs.get(each.run) ?? {}
    runs.set(each.run, { failed: failed || (!each.success && !isUnknown), unknown: unknown || isUnknown })
    steps.set(stepOf(each), runs)
  }
  return Object.fromEntries(
    [...steps].map(([name, runs]) => {
      const all = [...runs.values()]
      const unknown = all.filter((run) => run.unknown && !run.failed).length
      return [name, { runs: all.length, failedRuns: all.filter(({ failed }) => failed).length, unknownRuns: unknown }]
    }),
  )
}

async function runsByStep(log: Log) {
  const { breakdowns } = await generateSummaryReport(log.source, { days: 30, now, by: ['step'] })
  return Object.fromEntries(
    (breakdowns.step ?? []).map(({ pipeline, phase, step, runs, failedRuns, unknownRuns }) => [
      [pipeline, phase, step].join(' '),
      { runs, failedRuns, unknownRuns },
    ]),
  )
}

onEveryStorage((open) => {
  test.each([
    ['has at most one row of a step', true],
    ['may have several rows of a step', false],
  ])('runs are counted by step when each run %s', async (_name, isOnce) => {
    const selector = (each: Drawn) => `${each.run} ${stepOf(each)}`
    const rows = isOnce
      ? fc.uniqueArray(row, { minLength: 1, maxLength: 40, selector })
      : fc.array(row, { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(rows, async (drawn) => {
        await using log = await open()
        await log.write(drawn.map(logRow))
        expect(await runsByStep(log)).toEqual(expectedRuns(drawn))
      }),
      { numRuns: 8 },
    )
  })
})
