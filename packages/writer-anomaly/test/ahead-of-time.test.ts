import { anomalyWatch } from '@forge/writer-anomaly'
import { createLogWriter, memoryStorage } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { DAY_MS, dayRow, START_MS } from './daily-rows.ts'

/** Each row written when its run is over; before day 40 one whose clock is so far ahead, if any. */
async function findings(aheadMs?: number) {
  let now = new Date(START_MS)
  const warnings: unknown[] = []
  const logger = { trace() {}, debug() {}, info() {}, error() {}, warn: (context: unknown) => warnings.push(context) }
  const writer = await createLogWriter({
    storage: memoryStorage(),
    config: { tableSchema: 'analytics', tableName: 'log', enableAnomalyDetection: true },
    hooks: [anomalyWatch()],
    now: () => now,
    logger,
  })
  const found: string[] = []
  for (let day = 0; day < 60; day++) {
    now = new Date(START_MS + day * DAY_MS + 200_000)
    const time = new Date(now.getTime() + (aheadMs ?? 0))
    const extra =
      aheadMs !== undefined && day === 40
        ? [dayRow(40, { step_name: 'extra', start_time: time, run_started_at: time, duration_secs: 5 })]
        : []
    for (const row of [dayRow(day, day === 50 ? { duration_secs: 900 } : {}), ...extra]) {
      const { anomalies = [] } = await writer.writeLogRows([row])
      found.push(...anomalies.map(({ type, runId }) => `${type} ${runId}`))
    }
  }
  await writer.close()
  return { found, warnings }
}

test.each([
  ['a day and a half', 1.5],
  ['eight days', 8],
  ['thirty years', 11_000],
])('a row that is %s ahead of the clock changes nothing of what is found later, and is said', async (_, days) => {
  const control = await findings()
  expect(control.found).toEqual(['duration_spike run-50'])
  expect(control.warnings).toEqual([])
  const { found, warnings } = await findings(days * DAY_MS)
  expect(found).toEqual(['step_new run-40', ...control.found])
  expect(warnings).toMatchObject([{ rows: 1, pipelines: ['orders'] }])
})
