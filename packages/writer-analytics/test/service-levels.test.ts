import type { LogRowInput, ServiceLevelSettings } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { checkServiceLevels } from '../src/index.ts'
import { now, onEveryStorage } from './logs.ts'

/** The own row and one step of a run that ends at a time. */
function run(id: string, end: string, change: LogRowInput = {}): LogRowInput[] {
  const end_time = new Date(end)
  const times = { end_time, start_time: new Date(end_time.getTime() - 600_000), duration_secs: 600 }
  const row = { run_id: id, pipeline_id: 'orders', phase: 'gold', step_name: 'load', ...times, ...change } as const
  return [row, { ...row, phase: 'pipeline', step_name: row.pipeline_id ?? 'orders' }]
}

const check = (levels: readonly ServiceLevelSettings[], days = 5) => ({ levels, days, now })

onEveryStorage((open) => {
  test('a longest duration is kept by each run, and the worst that did not are named', async () => {
    await using log = await open()
    await log.write([
      ...run('r1', '2024-06-13T06:00:00Z'),
      ...run('r2', '2024-06-14T06:00:00Z', { duration_secs: 900 }),
      ...run('r3', '2024-06-15T06:00:00Z', { duration_secs: 1200 }),
    ])
    const report = await checkServiceLevels(log.source, check([{ pipeline: 'orders', maxDurationSecs: 700 }]))
    expect(report).toMatchObject({
      available: true,
      isKept: false,
      objectives: [
        {
          pipeline: 'orders',
          kind: 'maxDuration',
          judged: 3,
          broken: 2,
          errorBudget: { allowed: 0, used: 2, left: -2, leftPercent: 0 },
          breaches: [
            { runId: 'r3', detail: 'took 1200 s' },
            { runId: 'r2', detail: 'took 900 s' },
          ],
        },
      ],
    })
    const loose = await checkServiceLevels(
      log.source,
      check([{ pipeline: 'orders', maxDurationSecs: 700, objectivePercent: 30 }]),
    )
    expect(loose.isKept).toBe(true)
  })

  test('a run starts when it says so, not with its first step', async () => {
    await using log = await open()
    const times = { start_time: '2024-06-14T05:10:00Z', end_time: '2024-06-14T05:20:00Z' }
    const row = { run_id: 'r1', pipeline_id: 'orders', phase: 'gold', step_name: 'load', ...times } as const
    await log.write([{ ...row, run_started_at: '2024-06-14T04:50:00Z' }])
    const report = await checkServiceLevels(log.source, {
      levels: [{ pipeline: 'orders', startBy: '05:00', maxDurationSecs: 1200 }],
      from: new Date('2024-06-14T00:00:00Z'),
      to: new Date('2024-06-15T00:00:00Z'),
      now,
    })
    expect(report.objectives).toMatchObject([
      { kind: 'maxDuration', judged: 1, broken: 1 },
      { kind: 'startBy', judged: 1, broken: 0 },
    ])
  })

  test('a run must not be too short, start too late, come too often or overlap others', async () => {
    await using log = await open()
    await log.write([
      ...run('r1', '2024-06-13T06:00:00Z'),
      ...run('r2', '2024-06-13T06:05:00Z', { duration_secs: 20 }),
      ...run('r3', '2024-06-13T06:30:00Z'),
      ...run('r4', '2024-06-14T09:10:00Z', { duration_secs: 5, success: false }),
      ...run('r5', '2024-06-15T05:40:00Z'),
    ])
    const level = {
      pipeline: 'orders',
      minDurationSecs: 60,
      maxRunsPerHour: 2,
      maxConcurrentRuns: 1,
      startBy: '07:00',
      minSuccessRatePercent: 50,
    }
    const { objectives } = await checkServiceLevels(log.source, check([level], 3))
    expect(objectives).toMatchObject([
      { kind: 'minDuration', judged: 5, broken: 1, breaches: [{ runId: 'r2', detail: 'took only 20 s' }] },
      { kind: 'runsPerHour', broken: 1, breaches: [{ runId: 'r3', detail: 'was run 3 within an hour' }] },
      { kind: 'concurrentRuns', broken: 1, breaches: [{ runId: 'r2', detail: 'overlapped 1 other run' }] },
      { kind: 'startBy', broken: 1, breaches: [{ runId: 'r4', detail: 'started 120 min late on 2024-06-14' }] },
      { kind: 'successRate', judged: 5, broken: 1, isKept: true },
    ])
    const shown = await checkServiceLevels(log.source, {
      ...check([{ pipeline: 'orders', maxDurationSecs: 1 }]),
      maxBreaches: 2,
    })
    expect(shown.objectives[0]).toMatchObject({ broken: 5, breaches: [{}, {}] })
  })

  test('steps without an end took as long as they say', async () => {
    await using log = await open()
    const step = (step_name: string, start_time: string, duration_secs: number) =>
      ({ run_id: 'r1', pipeline_id: 'orders', phase: 'gold', step_name, start_time, duration_secs }) as const
    await log.write([
      step('load', '2024-06-14T05:00:00Z', 300),
      step('clean', '2024-06-14T05:05:00Z', 900),
      { ...step('load', '2024-06-13T05:00:00Z', 1e16), run_id: 'r0' },
      { ...step('load', '2024-06-15T05:00:00Z', 10), run_id: 'r2' },
    ])
    const levels = [{ pipeline: 'orders', maxDurationSecs: 1000, dueTime: '05:15' }]
    const { objectives } = await checkServiceLevels(log.source, check(levels, 2))
    expect(objectives).toMatchObject([
      { kind: 'maxDuration', judged: 2, broken: 1, breaches: [{ runId: 'r1', detail: 'took 1200 s' }] },
      { kind: 'dueTime', judged: 2, broken: 1, breaches: [{ runId: 'r1', detail: '5 min late on 2024-06-14' }] },
    ])
    const everything = { levels, days: Number.POSITIVE_INFINITY, now }
    expect((await checkServiceLevels(log.source, everything)).objectives).toMatchObject([{ broken: 2 }, {}])
    const earliest = await checkServiceLevels(log.source, {
      levels: [{ pipeline: 'orders', maxDurationSecs: 1000 }],
      from: new Date(-8.64e15),
      now,
    })
    expect(earliest.objectives).toMatchObject([{ judged: 3 }])
  })

  test('a run that goes on violates the maximum duration once it exceeds it, counts as started, and overlaps', async () => {
    await using log = await open()
    await log.write([
      ...run('before', '2024-06-15T05:00:00Z'),
      // The steps of a run are stored while it goes on.
      { ...(run('long', '2024-06-15T06:00:00Z')[0] ?? {}) },
      ...run('other', '2024-06-15T11:30:00Z'),
    ])
    const level = {
      pipeline: 'ord*',
      maxDurationSecs: 7200,
      startBy: '06:00',
      maxConcurrentRuns: 1,
      minSuccessRatePercent: 90,
    }
    const running = [
      { runId: 'long', pipelineId: 'orders', startedAt: '2024-06-15T05:50:00.000Z' },
      { runId: 'short', pipelineId: 'orders', startedAt: '2024-06-15T11:59:00.000Z' },
      { runId: 'else', pipelineId: 'customers', startedAt: '2024-06-15T01:00:00.000Z' },
    ]
    const period = { from: new Date('2024-06-15T00:00:00Z'), now }
    const { objectives } = await checkServiceLevels(log.source, { ...period, levels: [level], running })
    expect(objectives.map(({ kind, judged, broken, breaches }) => [kind, judged, broken, breaches[0]])).toEqual([
      [
        'maxDuration',
        3,
        1,
        {
          runId: 'long',
          at: '2024-06-15T05:50:00.000Z',
          knownAt: '2024-06-15T12:00:00.000Z',
          detail: 'has been running for 22200 s',
        },
      ],
      ['concurrentRuns', 4, 2, expect.objectContaining({ runId: 'short', detail: 'overlapped 1 other run' })],
      ['startBy', 1, 0, undefined],
      ['successRate', 2, 0, undefined],
    ])
    // Of what has no end in the log, steps of other runs, and runs that have ended or died, do not count.
    const goingOn = running.map((each, at) => ({ ...each, state: at === 0 ? 'unwatched' : 'running', isNested: false }))
    const others = (['storing', 'ended', 'lost'] as const).map((state) => ({
      ...{ runId: state, pipelineId: 'orders', startedAt: '2024-06-15T01:00:00.000Z' },
      state,
    }))
    const nested = { runId: 'step', pipelineId: 'orders', startedAt: '2024-06-15T01:00:00.000Z', isNested: true }
    const all = { ...period, levels: [level], running: [...goingOn, ...others, nested] }
    expect((await checkServiceLevels(log.source, all)).objectives).toEqual(objectives)
    const chosen = { ...period, levels: [level], running, pipeline: 'customers' }
    expect((await checkServiceLevels(log.source, chosen)).objectives).toEqual([])
    const ofRows = { ...period, levels: [{ pipeline: '*', maxDurationSecs: 1 }], running, tags: ['none'] }
    expect((await checkServiceLevels(log.source, ofRows)).objectives).toEqual([])
  })

  test('the error budget is what the success rate leaves', async () => {
    await using log = await open()
    const ids = Array.from({ length: 20 }, (_, at) => `r${at}`)
    await log.write(ids.flatMap((id, at) => run(id, '2024-06-14T06:00:00Z', { success: at !== 7 })))
    const level = { pipeline: 'ord*', minSuccessRatePercent: 90 }
    const { objectives, isKept } = await checkServiceLevels(log.source, check([level]))
    expect(isKept).toBe(true)
    expect(objectives).toMatchObject([
      {
        kind: 'successRate',
        judged: 20,
        broken: 1,
        keptPercent: 95,
        errorBudget: { allowed: 2, used: 1, left: 1, leftPercent: 50 },
        breaches: [{ runId: 'r7', detail: 'failed' }],
      },
    ])
  })

  test('on each day a run must have succeeded since the due time before', async () => {
    await using log = await open()
    await log.write([
      ...run('evening before', '2024-06-11T21:30:00Z'),
      ...run('late', '2024-06-13T05:30:00Z'),
      ...run('failed', '2024-06-14T03:00:00Z', { success: false }),
      ...run('in time', '2024-06-15T03:59:00Z'),
    ])
    const level = { pipeline: 'orders', dueTime: '06:00', timeZone: 'Europe/Berlin' }
    const { objectives } = await checkServiceLevels(log.source, {
      levels: [level],
      from: new Date('2024-06-12T00:00:00Z'),
      now,
    })
    expect(objectives).toMatchObject([
      {
        kind: 'dueTime',
        judged: 4,
        broken: 2,
        breaches: [
          { runId: null, at: '2024-06-14T04:00:00.000Z', detail: 'no run succeeded for 2024-06-14' },
          { runId: 'late', at: '2024-06-13T04:00:00.000Z', detail: '90 min late on 2024-06-13' },
        ],
      },
    ])
    const weekdays = await checkServiceLevels(log.source, check([{ ...level, dueDays: [6] }]))
    expect(weekdays).toMatchObject({ isKept: true, objectives: [{ judged: 1, broken: 0 }] })
  })

  test('the first level that fits a pipeline counts, and a pipeline that is named and never ran is late', async () => {
    await using log = await open()
    await log.write([
      ...run('a', '2024-06-14T06:00:00Z'),
      ...run('b', '2024-06-14T06:00:00Z', { pipeline_id: 'other' }),
    ])
    const levels = [
      { pipeline: 'orders', maxDurationSecs: 1000 },
      { pipeline: 'gone', dueTime: '08:00' },
      { pipeline: '*', maxDurationSecs: 1 },
    ]
    const { objectives } = await checkServiceLevels(log.source, check(levels, 2))
    expect(objectives.map(({ pipeline, isKept, judged }) => [pipeline, isKept, judged])).toEqual([
      ['orders', true, 1],
      ['gone', false, 2],
      ['other', false, 1],
    ])
  })

  test('levels come from the settings, and without any nothing is judged', async () => {
    await using log = await open({ serviceLevels: [{ pipeline: 'orders', maxDurationSecs: 1 }] })
    await log.write(run('a', '2024-06-14T06:00:00Z'))
    expect((await checkServiceLevels(log.source, { now })).isKept).toBe(false)
    const none = await checkServiceLevels(log.source, { now, levels: [] })
    expect(none).toMatchObject({ available: false, reason: 'no service levels are declared', isKept: true })
    const wrong = { pipeline: 'orders', dueTime: '25:00' }
    await expect(checkServiceLevels(log.source, { levels: [wrong] })).rejects.toMatchObject({ code: 'CONFIGURATION' })
    const empty = checkServiceLevels(log.source, { levels: [{ pipeline: 'orders' }] })
    await expect(empty).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})
