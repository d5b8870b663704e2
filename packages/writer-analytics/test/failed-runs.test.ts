import { isIn, type LogRowInput } from '@forge/writer-core'
import { describe, expect, test } from 'vitest'
import { doubtsOf, type FailureOptions, listPipelines, readFailures, stripMarksOf } from '../src/index.ts'
import { NOW, now, onEveryStorage } from './logs.ts'

const at = (hoursAgo: number) => new Date(NOW.getTime() - hoursAgo * 3_600_000)

const row = (hoursAgo: number, change: LogRowInput): LogRowInput => ({
  run_id: `run-${hoursAgo}`,
  pipeline_id: 'shop',
  phase: 'pipeline',
  step_name: 'shop',
  start_time: at(hoursAgo),
  end_time: at(hoursAgo - 0.1),
  duration_secs: 360,
  created_at: at(hoursAgo - 0.2),
  ...change,
})

const failWith = (message: string | null): LogRowInput => ({ success: false, error_message: message })
const step = { phase: 'gold', step_name: 'load' } as const

onEveryStorage((open) => {
  test('a run that failed although none of its steps did is a cause of failure, and counts once', async () => {
    await using log = await open()
    await log.write([
      row(900, failWith('exit code 9: old')),
      row(50, failWith('exit code 3: table missing')),
      row(40, failWith('exit code 3: table missing')),
      // The failed step is the cause of this one.
      row(30, failWith('exit code 1: load failed')),
      row(30, { ...step, ...failWith('load failed') }),
      // A step that succeeded is not.
      row(20, failWith('lost: the process was killed')),
      row(20, step),
      row(10, { ...failWith('of no known outcome'), metadata: { status: 'unknown' } }),
      row(5, failWith('exit code 9: old')),
    ])
    const { groups, failedSteps } = await readFailures(log.source, { days: 7, now, timeZone: 'UTC' })
    expect(failedSteps).toBe(1)
    expect(
      groups.map(({ message, failedSteps: count, runs, steps, isNew }) => [message, count, runs, steps, isNew]),
    ).toEqual(
      [
        [expect.stringContaining('table missing'), 2, 2, ['shop'], true],
        [expect.stringContaining('old'), 1, 1, ['shop'], false],
        [expect.stringContaining('load failed'), 1, 1, ['shop/load'], true],
        [expect.stringContaining('killed'), 1, 1, ['shop'], true],
      ]
        .sort(([, a], [, b]) => Number(b) - Number(a))
        .map((each) => expect.arrayContaining(each)),
    )
  })

  test.each<[string, FailureOptions, number]>([
    ['owner', { owner: 'sales' }, 0],
    ['tag', { tags: ['core'] }, 0],
    ['pipeline', { pipeline: 'sh*' }, 1],
    ['phase', { where: isIn('phase', ['pipeline', 'silver']) }, 0],
    ['period', { from: at(31), to: NOW }, 0],
  ])(
    'a failed run is shown if its failed step is not among the rows that are chosen by %s',
    async (_name, choice, steps) => {
      await using log = await open()
      await log.write([
        row(30, { ...failWith('exit code 1: load failed'), metadata: { owner: 'sales', tags: ['core'] } }),
        row(30, {
          ...step,
          ...failWith('load failed'),
          start_time: at(32),
          metadata: { owner: 'platform', tags: ['edge'] },
        }),
        row(20, {
          pipeline_id: 'other',
          ...failWith('not asked for'),
          start_time: at(40),
          metadata: { owner: 'x', tags: ['x'] },
        }),
      ])
      const { groups, failedSteps, failedRuns } = await readFailures(log.source, {
        ...(choice.from ? {} : { days: 7 }),
        now,
        ...choice,
      })
      const shown = groups.filter(({ steps: names }) => names.some((name) => name.startsWith('shop')))
      expect([failedSteps, failedRuns]).toEqual([steps, choice.where ? 2 : 1])
      expect(shown.map(({ message, failedSteps: count, steps: names }) => [message.slice(-11), count, names])).toEqual([
        ['load failed', 1, [steps === 0 ? 'shop' : 'shop/load']],
      ])
    },
  )

  test.each([
    ['counts', 10],
    ['does not count', 21_000],
  ])(
    'the runs of a cause are counted once, however many of their steps failed, if the storage %s them',
    { tags: 'many-rows' },
    async (_name, steps) => {
      await using log = await open()
      const rows = function* (): Generator<LogRowInput> {
        for (let each = 0; each < 21_000; each++) {
          yield row(each % 70, {
            ...step,
            step_name: `step-${each % steps}`,
            ...failWith(each % 3 === 0 ? 'disk full' : 'timeout after 7 s'),
          })
        }
      }
      await log.write(rows())
      const { groups } = await readFailures(log.source, { days: 7, now })
      expect(groups.map(({ failedSteps, runs }) => [failedSteps, runs])).toEqual([
        [14_000, 70],
        [7000, 70],
      ])
    },
  )

  test('a due time before which nothing ran is a missed run in the strip', async () => {
    await using log = await open({ serviceLevels: [{ pipeline: 'shop', dueTime: '06:00', maxDurationSecs: 600 }] })
    // Noon is the current time: the runs of 04:00, without those of two and three days ago.
    await log.write([5, 4, 1].map((day) => row(day * 24 + 8, {})))
    await log.write([row(100, { pipeline_id: 'other', run_id: 'o' })])
    const { pipelines } = await listPipelines(log.source, { now })
    const shop = pipelines.find(({ pipeline }) => pipeline === 'shop')
    const other = pipelines.find(({ pipeline }) => pipeline === 'other')
    expect(shop).toMatchObject({ state: 'late', maxDurationSecs: 600 })
    expect(shop?.missedAt).toEqual([3, 2, 0].map((day) => at(day * 24 + 6).toISOString()))
    expect(shop && stripMarksOf(shop, 30).map(({ kind }) => kind)).toEqual([
      'succeeded',
      'succeeded',
      'missed',
      'missed',
      'succeeded',
      'missed',
    ])
    expect(shop && stripMarksOf(shop, 2).map(({ kind }) => kind)).toEqual(['succeeded', 'missed'])
    expect(other).toMatchObject({ missedAt: [], maxDurationSecs: null })
  })

  test('the time at which a run was stored is that of its newest row', async () => {
    await using log = await open()
    await log.write([row(5, step), row(5, { created_at: at(1) })])
    const { pipelines } = await listPipelines(log.source, { now })
    expect(pipelines[0]?.lastRun.recordedAt).toBe(at(1).toISOString().replace('Z', '000Z'))
  })
})

describe('the times of a run', () => {
  const times = { startedAt: at(5).toISOString(), endedAt: at(4).toISOString(), recordedAt: at(4).toISOString() }
  test.each([
    ['as expected', {}, []],
    ['without a time of recording', { recordedAt: null }, []],
    ['later than now', { endedAt: at(-1).toISOString() }, ['clockSuspect']],
    ['later than they were stored', { recordedAt: at(4.5).toISOString() }, ['clockSuspect']],
    ['a little later than they were stored', { recordedAt: at(4.02).toISOString() }, []],
    ['stored more than a day later', { startedAt: at(50).toISOString(), endedAt: null }, ['recordedLate']],
    ['that are not known', { startedAt: null, endedAt: null }, []],
  ])('%s raise the doubts that they should', (_name, change, expected) => {
    expect(doubtsOf({ ...times, ...change }, NOW)).toEqual(expected)
  })
})
