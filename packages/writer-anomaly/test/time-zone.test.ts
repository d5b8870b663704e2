import { anomalyModel, detectAnomalies, stepRunsOfRows } from '@forge/writer-anomaly'
import { createLogWriter, type LogRowInput, memoryStorage } from '@forge/writer-core'
import { describe, expect, test } from 'vitest'
import { DAY_MS, dayRow, wobble } from './daily-rows.ts'
import { findReported } from './find-anomalies.ts'
import { refusalOf } from './refusal-of.ts'

const HOUR_MS = 3_600_000
const BERLIN = 'Europe/Berlin'
/** Clocks in Berlin go forward on 2024-03-31 and back on 2024-10-27. */
const FROM_MS = Date.UTC(2024, 2, 1)

/** The hour that clocks in Berlin show: an hour before UTC in winter, two in summer. */
const berlinHour = (timeMs: number) => {
  const isSummer = timeMs >= Date.UTC(2024, 2, 31, 1) && timeMs < Date.UTC(2024, 9, 27, 1)
  return new Date(timeMs + (isSummer ? 2 : 1) * HOUR_MS).getUTCHours()
}

/** A run each hour, four times as busy in the office hours of Berlin. */
function hourly(from: number, hours: number): LogRowInput[] {
  return Array.from({ length: hours }, (_, at) => {
    const start = new Date(from + at * HOUR_MS)
    const isBusy = berlinHour(start.getTime()) >= 9 && berlinHour(start.getTime()) < 17
    const rows = Math.round((isBusy ? 40_000 : 10_000) * wobble(at, 0.05))
    return dayRow(0, {
      run_id: `run-${at}`,
      execution_id: `run-${at}`,
      start_time: start,
      run_started_at: start,
      rows_processed: rows,
      rows_written: rows,
    })
  })
}

describe('hours of a zone', () => {
  const rows = hourly(FROM_MS, 24 * 45)
  const findSettled = (timeZone: string) =>
    findReported(rows, { timeZone }).filter(({ occurredAt }) => occurredAt > '2024-03-08')

  test('stay what they are when the clocks change: 9 is 9, though it is another hour of UTC', () => {
    expect(findSettled(BERLIN)).toEqual([])
    expect(findSettled('UTC').map(({ occurredAt }) => occurredAt.slice(0, 10))).toContain('2024-03-31')
  })

  test('are those that a finding names; its times are of UTC', () => {
    const at = 24 * 44 + 8
    const quiet = { ...rows[at], rows_processed: 9000, rows_written: 9000 }
    const [drop] = findReported([...rows.slice(0, at), quiet], { timeZone: BERLIN }).filter(
      ({ runId }) => runId === `run-${at}`,
    )
    expect(drop).toMatchObject({
      type: 'row_count_drop',
      occurredAt: '2024-04-14T08:00:00.000Z',
      baseline: { from: '2024-03-01T00:00:00.000Z', to: '2024-04-14T07:00:00.000Z' },
    })
    expect(drop?.description).toContain('10:00')
  })
})

describe('runs of a zone', () => {
  /** Returns 06:30 by the clocks of Berlin. */
  const start = (day: number) => {
    const utcMs = FROM_MS + day * DAY_MS + 5.5 * HOUR_MS
    return new Date(utcMs >= Date.UTC(2024, 2, 31, 1) ? utcMs - HOUR_MS : utcMs)
  }
  const daily = Array.from({ length: 40 }, (_, day) =>
    dayRow(day, { start_time: start(day), run_started_at: start(day) }),
  )

  test('are due by its clocks, and neither missing nor late when they change', () => {
    expect(findReported(daily, { timeZone: BERLIN })).toEqual([])
    const model = anomalyModel({ timeZone: BERLIN })
    model.update(stepRunsOfRows(daily.slice(0, 30), 0), 0)
    // The last run was on 30 March; by the clocks the next is due at 04:30Z, by UTC at 05:30Z.
    const [late] = model.evaluate(Date.UTC(2024, 2, 31, 17))
    expect(late?.description).toContain('2024-03-31 04:30Z')
  })

  test('fall on its holidays', () => {
    const beforeMidnight = new Date('2024-04-30T22:30:00Z')
    const slow = dayRow(60, { start_time: beforeMidnight, run_started_at: beforeMidnight, duration_secs: 900 })
    const spikes = (timeZone: string) =>
      findReported([...daily, slow], { timeZone, holidays: ['2024-05-01'] }).filter(
        ({ type }) => type === 'duration_spike',
      )
    expect(spikes(BERLIN)).toEqual([])
    expect(spikes('UTC')).toHaveLength(1)
  })
})

test('every zone is accepted by the functions over a table, and an unknown one is refused by name', async () => {
  const config = { tableSchema: 'analytics', tableName: 'log' }
  const writer = await createLogWriter({ storage: memoryStorage(), config })
  await writer.writeLogRows(hourly(FROM_MS, 24 * 45))
  const { anomalies } = await detectAnomalies(writer, { timeZone: BERLIN, store: false, since: '2024-03-08' })
  expect(anomalies.filter(({ metric }) => metric === 'rows_processed')).toEqual([])
  await expect(detectAnomalies(writer, { timeZone: 'Europe/Nowhere' })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  expect(() => anomalyModel({ timeZone: 'Mars' })).toThrow(refusalOf('timeZone'))
  await writer.close()
})

test('what was learned by the clocks of one zone is refused by another', () => {
  const saved = anomalyModel({ timeZone: BERLIN }).save()
  expect(anomalyModel({ timeZone: BERLIN }, saved).series).toBe(0)
  expect(() => anomalyModel({}, saved)).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION',
      context: expect.objectContaining({ timeZone: BERLIN, expectedTimeZone: 'UTC' }),
    }),
  )
})
