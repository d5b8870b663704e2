import type { LogRowInput } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { compareRuns, findCriticalPath } from '../src/index.ts'
import { onEveryStorage } from './logs.ts'

/** A step from one second of the run to another. */
function step(name: string, from: number, to: number, change: LogRowInput = {}): LogRowInput {
  const at = (second: number) => new Date(Date.UTC(2024, 5, 1, 6, 0, second))
  return {
    run_id: 'a',
    pipeline_id: 'orders',
    phase: 'silver',
    step_name: name,
    start_time: at(from),
    end_time: at(to),
    rows_processed: 100,
    rows_written: 90,
    ...change,
  }
}

const names = (steps: readonly { readonly step: string }[]) => steps.map((each) => each.step)

onEveryStorage((open) => {
  test('the critical path is what the last step waited for, and so on', async () => {
    await using log = await open()
    await log.write([
      step('extract', 0, 10),
      step('short', 10, 12),
      step('long', 10, 30),
      step('join', 31, 40),
      step('beside', 12, 38),
      step('orders', 0, 41, { phase: 'pipeline' }),
      step('no times', 0, 0, { start_time: null, end_time: null, duration_secs: 99 }),
    ])
    const path = await findCriticalPath(log.source, 'a')
    if (!path.available) throw new Error(path.reason)
    expect(names(path.steps)).toEqual(['extract', 'long', 'join'])
    expect(path).toMatchObject({ pipeline: 'orders', spanSecs: 40, busySecs: 39, waitSecs: 1, stepsWithoutTimes: 1 })
    expect(path.steps.map(({ waitSecs, sharePercent }) => [waitSecs, sharePercent])).toEqual([
      [0, 25],
      [0, 50],
      [1, 22.5],
    ])
  })

  test('steps of no length are on the path, and end it', async () => {
    await using log = await open()
    await log.write([step('one', 5, 5), step('two', 5, 5), step('three', 5, 9)])
    const path = await findCriticalPath(log.source, 'a')
    expect(path).toMatchObject({ available: true, spanSecs: 4, steps: { length: 3 } })
  })

  test('a run starts at the earliest start that a row names, and ends at the latest end', async () => {
    await using log = await open()
    const run_started_at = '2024-06-01T05:59:30Z'
    await log.write([
      step('one', 0, 10, { run_started_at }),
      step('two', 10, 0, { run_started_at, end_time: null, duration_secs: 5 }),
      step('own', 3, 4, { run_id: 'lost', end_time: null, duration_secs: 0 }),
    ])
    expect(await compareRuns(log.source, 'a', 'lost')).toMatchObject({
      a: { startedAt: '2024-06-01T05:59:30.000000Z', endedAt: '2024-06-01T06:00:15.000000Z', durationSecs: 45 },
      b: { startedAt: '2024-06-01T06:00:03.000000Z', endedAt: null, durationSecs: null },
    })
  })

  test('a run that does not exist is reported', async () => {
    await using log = await open()
    expect(await findCriticalPath(log.source, 'x')).toMatchObject({ available: false, reason: 'the log has no run x' })
    await log.write([step('extract', 0, 1)])
    expect(await compareRuns(log.source, 'a', 'y')).toEqual({
      available: false,
      reason: 'the log has no run y',
      tableFqn: 'analytics.pipeline_logs',
    })
  })

  test('two runs are compared step by step, and the last attempt of a step counts', async () => {
    await using log = await open()
    const b = { run_id: 'b' }
    await log.write([
      step('extract', 0, 10),
      step('clean', 10, 20, { rows_processed: 200 }),
      step('gone', 20, 21),
      step('extract', 0, 10, { ...b }),
      step('clean', 10, 15, { ...b, execution_id: 'try-1', success: false, error_message: 'timeout' }),
      step('clean', 20, 50, { ...b, execution_id: 'try-2', rows_processed: 300 }),
      step('new', 50, 51, { ...b, success: false }),
      step('orders', 0, 52, { ...b, phase: 'pipeline', success: false }),
    ])
    const compared = await compareRuns(log.source, 'a', 'b')
    if (!compared.available) throw new Error(compared.reason)
    expect(compared.a).toMatchObject({ runId: 'a', success: true, durationSecs: 21, rowsProcessed: 400 })
    expect(compared.b).toMatchObject({ runId: 'b', success: false, durationSecs: 52, rowsProcessed: 500 })
    expect(compared.b.criticalPath?.steps.map((each) => each.step)).toEqual(['extract', 'clean', 'new'])
    expect(compared.figures.durationSecs).toMatchObject({ previous: 21, current: 52, change: 31 })
    expect(names(compared.steps)).toEqual(['clean', 'extract', 'gone', 'new'])
    expect(compared.steps[0]).toMatchObject({
      inRuns: 'both',
      outcome: 'same',
      b: { attempts: 2, success: true },
      durationSecs: { change: 20, changePercent: 200 },
      rowsProcessed: { change: 100 },
    })
    expect(compared.steps[2]).toMatchObject({ inRuns: 'a', b: null, outcome: 'unknown' })
    expect(compared.steps[3]).toMatchObject({ inRuns: 'b', a: null })
  })
})
