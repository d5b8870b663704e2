import { SIMULATED_NOW as NOW } from '@forge/fixtures'
import { checkServiceLevels } from '@forge/writer-analytics'
import { expect, test } from 'vitest'
import { buildReport, type RunningWork, renderReport } from '../src/index.ts'
import { openLog } from './log.ts'

const now = () => NOW

test('a run that goes on for too long breaks its service level, and one that has ended does not', async () => {
  const levels = [{ pipeline: 'orders', maxDurationSecs: 600 }]
  await using log = await openLog({ serviceLevels: levels }, { inMemory: true })
  const row = { pipeline_id: 'orders', phase: 'pipeline', step_name: 'orders' } as const
  await log.write([{ ...row, run_id: 'a', start_time: hoursBefore(5), end_time: hoursBefore(4.9), duration_secs: 360 }])
  const going = {
    ...{ runId: 'b', pipelineId: 'orders', step: null, startedAt: hoursBefore(2).toISOString() },
    ...{ seenAt: NOW.toISOString(), host: 'here', command: null },
  }
  const brokenWith = async (change: Partial<RunningWork>) => {
    const running = [{ ...going, state: 'running' as const, ...change }]
    const model = await buildReport(log.source, { now, running })
    const judged = await checkServiceLevels(log.source, { now, days: 30, running })
    expect(model.serviceLevels.objectives).toEqual(judged.objectives)
    return model.serviceLevels.objectives.map(({ broken }) => broken)
  }
  expect(await brokenWith({})).toEqual([1])
  expect(await brokenWith({ state: 'unwatched' })).toEqual([1])
  expect(await brokenWith({ state: 'lost' })).toEqual([0])
  expect(await brokenWith({ state: 'ended' })).toEqual([0])
  expect(await brokenWith({ isNested: true, step: 'load' })).toEqual([0])
})

test('a comparison says of a step that it did not run, and shows no change of its figures', async () => {
  await using log = await openLog({}, { inMemory: true })
  const step = (run: string, name: string, status: string | null, hours: number) => ({
    ...{ run_id: run, pipeline_id: 'p', phase: 'gold' as const, step_name: name },
    ...{ start_time: hoursBefore(hours), end_time: hoursBefore(status === null ? hours - 0.5 : hours) },
    ...{ duration_secs: status === null ? 1800 : 0, rows_processed: status === null ? 500 : 0 },
    ...(status !== null && { metadata: { status } }),
  })
  await log.write([
    ...[step('a', 'load', null, 9), step('a', 'mart', 'skipped', 9)],
    ...[step('b', 'load', 'skipped', 3), step('b', 'mart', null, 3)],
  ])
  const model = await buildReport(log.source, { now, run: 'b' })
  const html = renderReport(model)
  const page = html.slice(html.indexOf('id="/compare/a..b"'))
  const rowOf = (name: string) => new RegExp(`<tr>(?:(?!</tr>).)*gold/${name}.*?</tr>`, 's').exec(page)?.[0] ?? ''
  const cellsOf = (name: string) => [...rowOf(name).matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell]) => cell)
  expect(cellsOf('load').slice(2, 7)).toEqual(['30 min 00 s', 'did not run', '', '500', '–'])
  expect(cellsOf('mart').slice(2, 7)).toEqual(['did not run', '30 min 00 s', '', '–', '500'])
})

function hoursBefore(hours: number): Date {
  return new Date(NOW.getTime() - hours * 3_600_000)
}
