import { anomalyModel, stepRunsOfRows } from '@forge/writer-anomaly'
import type { Anomaly } from '@forge/writer-core'
import { zoneClock } from '@forge/writer-core/storage'
import { expect, test } from 'vitest'
import { DAY_MS } from './daily-rows.ts'
import { HOUR_MS, runAt } from './runs-at.ts'

const berlin = zoneClock('Europe/Berlin')

/** Returns the gaps that are reported of runs at 8 to 18 o'clock in Berlin on workdays, with an evaluation each hour. */
function reportGaps(firstMs: number, days: number, isLeftOut: (startMs: number) => boolean = () => false): string[] {
  const model = anomalyModel()
  const reported: Anomaly[] = []
  const note = (found: readonly Anomaly[]) =>
    reported.push(...found.filter(({ metric, suppressedBy }) => metric === 'interval_secs' && !suppressedBy))
  for (let at = 0; at < days * 24; at++) {
    const startMs = firstMs + at * HOUR_MS
    const local = new Date(berlin.localMs(startMs))
    const isDue = local.getUTCDay() % 6 !== 0 && local.getUTCHours() >= 8 && local.getUTCHours() <= 18
    const writtenMs = startMs + 10 * 60_000
    if (isDue && !isLeftOut(startMs)) note(model.update(stepRunsOfRows([runAt(startMs)], writtenMs), writtenMs))
    note(model.evaluate(startMs + HOUR_MS / 2))
  }
  return [...new Set(reported.map(({ occurredAt }) => occurredAt.slice(0, 10)))]
}

test('the second weekend of a pipeline of office hours is not missed: the first has shown it', () => {
  expect(reportGaps(Date.UTC(2023, 9, 2), 14)).toEqual([])
})

test('a pipeline of office hours is not missed when the clocks change at a weekend without runs, in either direction', () => {
  expect(reportGaps(Date.UTC(2023, 9, 2), 40)).toEqual([])
  expect(reportGaps(Date.UTC(2024, 2, 4), 40).filter((date) => !['2024-03-29', '2024-04-01'].includes(date))).toEqual(
    [],
  )
})

test('a morning without runs is missed', () => {
  const morning = Date.UTC(2023, 10, 8)
  const isMorning = (startMs: number) => startMs >= morning && startMs < morning + DAY_MS / 2
  expect(reportGaps(Date.UTC(2023, 9, 2), 40, isMorning)).toEqual(['2023-11-08'])
})
