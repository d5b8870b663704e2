import { expect, test } from 'vitest'
import {
  explainRun,
  findRun,
  generateSummaryReport,
  listPipelines,
  listRuns,
  readRunGrid,
  viewRun,
} from '../src/index.ts'
import { now, onEveryStorage } from './logs.ts'
import { HISTORY, own, step } from './nightly-log.ts'

onEveryStorage((open) => {
  test('a view of a run shows attempts, the critical path, and what differs from the last good run, the worst first', async () => {
    await using log = await open()
    await log.write(HISTORY)
    const view = await viewRun(log.source, 'nightly-14')
    if (!view.available) throw new Error(view.reason)
    expect(view.run).toMatchObject({
      outcome: 'failed',
      durationSecs: 30,
      owner: 'ana',
      tags: ['nightly', 'gold "x"'],
      hasOwnRow: true,
    })
    expect(view.lastGoodRun?.runId).toBe('nightly-12')
    expect(view.differences.map((each) => [each.step, each.kinds])).toEqual([
      ['join', ['broken']],
      ['load', ['didNotRun']],
      ['extract', ['slower', 'fewerRows']],
    ])
    expect(view.equalSteps).toBe(0)
    expect(view.failingSince).toEqual({ runId: 'nightly-13', startedAt: '2024-06-13T06:00:00.000000Z', failedRuns: 2 })
    const join = view.steps.find((each) => each.step === 'join')
    expect(
      join?.executions.map(({ executionId, durationSecs, success }) => [executionId, durationSecs, success]),
    ).toEqual([
      ['try-1', 1, false],
      ['try-2', 2, false],
    ])
    expect(view.criticalPath?.steps.map((each) => each.step)).toEqual(['extract', 'join'])
    expect(view.criticalPath?.waitSecs).toBe(3)
    expect(view.concurrency.map(({ running }) => running)).toEqual([1, 0, 1, 0])
  })

  test('a run without steps fails if one of its own rows failed, and so does one whose steps cannot be read, in lists and views alike', async () => {
    await using log = await open()
    const unread = { success: false, metadata: { rejected_results: 2 } }
    await log.write([
      own(20, 5, { run_id: 'twice', success: false }),
      own(20, 5, { run_id: 'twice', step_name: 'again' }),
      step(20, 'load', 0, 5, { run_id: 'unread' }),
      own(20, 5, { run_id: 'unread', ...unread }),
    ])
    const { runs } = await listRuns(log.source)
    expect(runs.map(({ runId, outcome }) => [runId, outcome])).toEqual([
      ['twice', 'failed'],
      ['unread', 'failed'],
    ])
    for (const { runId } of runs) expect(await viewRun(log.source, runId)).toMatchObject({ run: { outcome: 'failed' } })
  })

  test('a run whose end is before its start took no time, in lists and views alike', async () => {
    await using log = await open()
    await log.write([step(10, 'load', 30, 0, { duration_secs: 5 })])
    const { runs } = await listRuns(log.source)
    const view = await viewRun(log.source, 'nightly-10')
    expect(view.available && [view.run.durationSecs, view.run.endedAt]).toEqual([0, '2024-06-10T06:00:30.000000Z'])
    expect([runs[0]?.durationSecs, runs[0]?.endedAt]).toEqual([0, '2024-06-10T06:00:30.000000Z'])
  })

  test('a run like the last good one has no differences', async () => {
    await using log = await open()
    await log.write(HISTORY)
    expect(await viewRun(log.source, 'nightly-12')).toMatchObject({
      lastGoodRun: { runId: 'nightly-11' },
      differences: [],
      equalSteps: 3,
      failingSince: null,
    })
    expect(await viewRun(log.source, 'nightly-10')).toMatchObject({ lastGoodRun: null, changes: null, equalSteps: 0 })
    expect(await viewRun(log.source, 'nightly-1')).toMatchObject({ available: false })
  })

  test('an explanation distinguishes an error that is new from one that happened before, and lists what did not run', async () => {
    await using log = await open()
    await log.write(HISTORY)
    const second = await explainRun(log.source, 'nightly-14')
    const first = await explainRun(log.source, 'nightly-13')
    if (!second.available || !first.available) throw new Error('no explanation')
    expect(first.brokenSteps.map((each) => [each.step, each.isNew])).toEqual([['join', true]])
    expect(second.brokenSteps.map((each) => [each.step, each.isNew])).toEqual([['join', false]])
    expect(second.waitingSteps.map((each) => each.step)).toEqual(['load'])
    expect(first.failingSince).toMatchObject({ runId: 'nightly-13', failedRuns: 1 })
  })

  test('a cause of failure is new if no step failed like this before the period', async () => {
    await using log = await open()
    await log.write(HISTORY)
    await log.write([step(14, 'other', 0, 1, { success: false, error_message: 'disk full' })])
    const isNew = async (from: string) => {
      const { failures } = await generateSummaryReport(log.source, { from: new Date(from), to: new Date('2024-06-15') })
      return Object.fromEntries(failures.groups.map((group) => [group.message, group.isNew]))
    }
    expect(await isNew('2024-06-13')).toEqual({ 'connection <n> refused': true, 'disk full': true })
    expect(await isNew('2024-06-14')).toEqual({ 'connection <n> refused': false, 'disk full': true })
    const { failures } = await generateSummaryReport(log.source, { days: Number.POSITIVE_INFINITY, now })
    expect(failures.groups.map((group) => group.isNew)).toEqual([null, null])
  })

  test('owner and tags choose rows, and steps that name none have those of their pipeline', {
    tags: 'many-calls',
  }, async () => {
    await using log = await open()
    await log.write(HISTORY)
    await log.write([
      step(14, 'extract', 0, 1, { run_id: 'b-1', pipeline_id: 'b', metadata: { owner: 'bo', tags: 'hourly' } }),
      step(14, 'clean', 1, 2, { run_id: 'b-1', pipeline_id: 'b', metadata: { owner: 'ana', tags: ['x', 'nightly'] } }),
      step(14, 'a', 0, 1, { run_id: 'c-1', pipeline_id: 'c', metadata: { tags: ['say \\"nightly\\"', 'night%'] } }),
    ])
    const steps = async (choice: { owner?: string; tags?: readonly string[] }) =>
      (await generateSummaryReport(log.source, { ...choice, now })).totalSteps
    expect(await steps({ owner: 'ana' })).toBe(17)
    expect(await steps({ owner: 'bo' })).toBe(1)
    expect(await steps({ tags: ['nightly'] })).toBe(17)
    expect(await steps({ tags: ['nightly', 'x'] })).toBe(1)
    expect(await steps({ tags: ['hourly'] })).toBe(1)
    expect(await steps({ tags: ['gold "x"'] })).toBe(16)
    expect(await steps({ tags: ['night%'] })).toBe(1)
    expect(await steps({ tags: ['nigh'] })).toBe(0)
    const { runs } = await listRuns(log.source, { owner: 'ana' })
    expect(new Set(runs.map(({ pipeline }) => pipeline))).toEqual(new Set(['orders', 'b']))
    const { pipelines } = await listPipelines(log.source, { tags: ['nightly'], pipeline: 'o*', now })
    expect(pipelines).toMatchObject([
      { pipeline: 'orders', owner: 'ana', tags: ['nightly', 'gold "x"'], state: 'failed' },
    ])
  })

  test('a pipeline is late if nothing succeeded since its last due time', async () => {
    await using log = await open()
    await log.write(HISTORY.filter(({ run_id }) => ['nightly-10', 'nightly-11', 'nightly-12'].includes(String(run_id))))
    const at = (time: string) =>
      listPipelines(log.source, { levels: [{ pipeline: 'or*', dueTime: '07:00' }], now: () => new Date(time) })
    expect((await at('2024-06-12T08:00:00Z')).pipelines).toMatchObject([
      { state: 'succeeded', lateSince: null, nextDueAt: '2024-06-13T07:00:00.000Z' },
    ])
    expect((await at('2024-06-13T06:30:00Z')).pipelines).toMatchObject([
      { state: 'succeeded', nextDueAt: '2024-06-13T07:00:00.000Z' },
    ])
    expect((await at('2024-06-13T07:30:00Z')).pipelines).toMatchObject([
      { state: 'late', lateSince: '2024-06-13T07:00:00.000Z', nextDueAt: '2024-06-14T07:00:00.000Z' },
    ])
  })

  test('the beginning of an id finds a run if no other begins like it', async () => {
    await using log = await open()
    await log.write(HISTORY)
    await log.write([step(14, 'a', 0, 1, { run_id: 'nightly-1' }), step(14, 'a', 0, 1, { run_id: '100%_x' })])
    expect(await findRun(log.source, 'nightly-14')).toBe('nightly-14')
    expect(await findRun(log.source, 'nightly-1')).toBe('nightly-1')
    expect(await findRun(log.source, '100%')).toBe('100%_x')
    expect(await findRun(log.source, undefined, { pipeline: 'ord*' })).toBe('100%_x')
    await expect(findRun(log.source, 'nightly')).rejects.toMatchObject({
      code: 'CONFIGURATION',
      context: { runs: ['nightly-1', 'nightly-10', 'nightly-11', 'nightly-12', 'nightly-13', 'nightly-14'] },
    })
    await expect(findRun(log.source, 'nightly_1')).rejects.toMatchObject({
      code: 'CONFIGURATION',
      context: { run: 'nightly_1' },
    })
    await expect(findRun(log.source, '')).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })

  test('a grid has at most as many steps as asked, those that failed first, and counts the others', async () => {
    await using log = await open()
    await log.write(HISTORY)
    const grid = await readRunGrid(log.source, { pipeline: 'orders', runs: 3, steps: 2 })
    expect(grid.runs.map(({ runId }) => runId)).toEqual(['nightly-12', 'nightly-13', 'nightly-14'])
    expect(grid.steps.map((each) => each.step)).toEqual(['join', 'load'])
    expect(grid.otherSteps).toBe(1)
    expect(grid.steps[0]).toMatchObject({ knownRuns: 3, failedRuns: 2, retriedRuns: 1, medianDurationSecs: 10 })
    expect(grid.steps[1]?.cells.map((cell) => cell?.status)).toEqual([null, 'upstream_failed', 'upstream_failed'])
    expect(grid.durations).toEqual({ successfulRuns: 1, p50: 30, p95: 30 })
    await expect(readRunGrid(log.source, { pipeline: 'orders', runs: 91 })).rejects.toMatchObject({
      code: 'CONFIGURATION',
    })
  })

  test('a log without rows, or that does not exist, has no runs', async () => {
    await using log = await open()
    const empty = { runs: [], next: null }
    expect(await listRuns(log.source)).toMatchObject(empty)
    expect(await listPipelines(log.source)).toMatchObject({ pipelines: [], otherPipelines: 0 })
    expect(await readRunGrid(log.source, { pipeline: 'x' })).toMatchObject({ runs: [], steps: [] })
    await expect(findRun(log.source, undefined)).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await log.write([])
    expect(await listRuns(log.source, { days: 1, now })).toMatchObject(empty)
  })
})
