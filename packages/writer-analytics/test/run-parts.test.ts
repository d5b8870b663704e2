import { expect, test } from 'vitest'
import { compareRuns, dueTimesOf, findRun, readRunGrid, viewRun } from '../src/index.ts'
import { onEveryStorage } from './logs.ts'
import { HISTORY, own, step } from './nightly-log.ts'

onEveryStorage((open) => {
  test('figures of a step that did not run in one of two runs are unknown, in comparisons and differences alike', async () => {
    await using log = await open()
    const skipped = { metadata: { status: 'skipped' }, rows_processed: 0, rows_written: 0 }
    await log.write([
      ...[step(10, 'a', 0, 10), step(10, 'b', 10, 10, skipped), step(10, 'c', 10, 10, skipped), own(10, 10)],
      ...[step(11, 'a', 0, 0, skipped), step(11, 'b', 0, 20), step(11, 'c', 20, 20, skipped), own(11, 20)],
    ])
    const compared = await compareRuns(log.source, 'nightly-10', 'nightly-11')
    if (!compared.available) throw new Error(compared.reason)
    const none = { change: null, changePercent: null }
    const figuresOf = (name: string) => compared.steps.find((each) => each.step === name)
    expect(figuresOf('a')).toMatchObject({
      durationSecs: { previous: 10, current: null, ...none },
      rowsProcessed: { previous: 100, current: null, ...none },
      outcome: 'unknown',
    })
    expect(figuresOf('b')).toMatchObject({
      durationSecs: { previous: null, current: 20, ...none },
      rowsProcessed: { previous: null, current: 100, ...none },
      outcome: 'unknown',
    })
    expect(figuresOf('c')).toMatchObject({ durationSecs: { previous: null, current: null }, outcome: 'unknown' })
    const view = await viewRun(log.source, 'nightly-11')
    expect(view.available && view.differences.map((each) => [each.step, each.kinds])).toEqual([
      ['a', ['didNotRun']],
      ['b', ['new']],
    ])
    expect(view.available && view.equalSteps).toBe(1)
  })

  test('a run is looked for among the chosen runs only', async () => {
    await using log = await open()
    const other = { run_id: 'nightly-other', pipeline_id: 'billing' }
    const named = { ...other, metadata: { owner: 'bo', tags: 'hourly' } }
    await log.write([...HISTORY, step(20, 'load', 0, 5, other), own(20, 5, named)])
    expect(await findRun(log.source, undefined)).toBe('nightly-other')
    expect(await findRun(log.source, undefined, { owner: 'ana' })).toBe('nightly-14')
    expect(await findRun(log.source, undefined, { tags: ['hourly'] })).toBe('nightly-other')
    expect(await findRun(log.source, 'nightly', { pipeline: 'bill*' })).toBe('nightly-other')
    await expect(findRun(log.source, 'nightly-14', { owner: 'bo' })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      context: { run: 'nightly-14', owner: 'bo', otherRuns: ['nightly-14'] },
    })
    await expect(findRun(log.source, undefined, { tags: ['weekly'] })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      context: { tags: ['weekly'] },
    })
  })

  test('a grid counts the runs in which a step lay on the critical path', async () => {
    await using log = await open()
    await log.write([
      ...[10, 11].flatMap((day) => [step(day, 'a', 0, 10), step(day, 'b', 0, 4), step(day, 'c', 10, 12)]),
      ...[step(12, 'a', 0, 3), step(12, 'b', 0, 9), step(12, 'c', 9, 12)],
    ])
    const { steps } = await readRunGrid(log.source, { pipeline: 'orders' })
    expect(steps.map((each) => [each.step, each.criticalRuns])).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 3],
    ])
    for (const [day, expected] of [
      [10, ['a', 'c']],
      [12, ['b', 'c']],
    ] as const) {
      const view = await viewRun(log.source, `nightly-${day}`)
      expect(view.available && view.criticalPath?.steps.map((each) => each.step)).toEqual(expected)
    }
  })

  test('a view has the output that was kept of the run, then that of steps which have another one', async () => {
    await using log = await open()
    const partOf = (tail: string, more: object = {}) => ({ bytes: tail.length, tail, ...more })
    const whole = {
      output: { stderr: partOf('run failed'), stdout: partOf('end', { bytes: 900, head: 'start', cut_bytes: 892 }) },
    }
    await log.write([
      step(10, 'same', 0, 5, { metadata: whole }),
      step(10, 'join', 0, 5, { execution_id: 'try-1', metadata: { output: { stderr: partOf('first try') } } }),
      step(10, 'join', 6, 9, { execution_id: 'try-2', metadata: { output: { output: partOf('second try') } } }),
      step(10, 'odd', 6, 9, { metadata: { output: 'a text', other: { stderr: partOf('no') } } }),
      own(10, 9, { metadata: whole }),
    ])
    const view = await viewRun(log.source, 'nightly-10')
    const none = { head: null, cutBytes: 0 }
    expect(view.available && view.outputs).toEqual([
      { phase: null, step: null, stream: 'stderr', bytes: 10, ...none, tail: 'run failed' },
      { phase: null, step: null, stream: 'stdout', bytes: 900, head: 'start', cutBytes: 892, tail: 'end' },
      { phase: 'silver', step: 'join', stream: 'output', bytes: 10, ...none, tail: 'second try' },
    ])
  })
})

test('pipelines are due by the first service level that they fit, also when a clock goes forward', () => {
  const levels = [
    { pipeline: 'a*', dueTime: '02:30', timeZone: 'Europe/Berlin' },
    { pipeline: '*', dueTime: '06:00', dueDays: [1, 2, 3, 4, 5] },
    { pipeline: 'b', dueTime: '07:00' },
  ]
  const period = { from: new Date('2024-03-30T12:00:00Z'), to: new Date('2024-04-01T06:00:01Z') }
  expect(dueTimesOf(levels, ['b', 'ab'], period)).toEqual([
    { pipeline: 'b', at: '2024-04-01T06:00:00.000Z' },
    { pipeline: 'ab', at: '2024-03-31T01:30:00.000Z' },
    { pipeline: 'ab', at: '2024-04-01T00:30:00.000Z' },
  ])
  expect(dueTimesOf([], ['b'], period)).toEqual([])
})
