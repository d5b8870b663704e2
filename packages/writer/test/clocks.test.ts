import { createWriter } from '@forge/writer'
import { alertStation, listAlerts } from '@forge/writer-alerts'
import * as analytics from '@forge/writer-analytics'
import * as anomaly from '@forge/writer-anomaly'
import { createLogWriter, memoryStorage, type TableSource, tableSource } from '@forge/writer-core'
import * as quality from '@forge/writer-quality'
import { describe, expect, test } from 'vitest'

const config = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
const CALLS: Readonly<Record<string, (source: TableSource, now: () => Date) => unknown>> = {
  createWriter: (_source, now) => createWriter({ storage: memoryStorage(), ...config, now }),
  createLogWriter: (_source, now) => createLogWriter({ storage: memoryStorage(), config, now }),
  generateSummaryReport: (source, now) => analytics.generateSummaryReport(source, { now }),
  listRuns: (source, now) => analytics.listRuns(source, { now }),
  listPipelines: (source, now) => analytics.listPipelines(source, { now }),
  planRetention: (source, now) => analytics.planRetention(source, { retention: { keepDays: 1 }, now }),
  exportAnalyticsData: (source, now) => analytics.exportAnalyticsData(source, { path: 'never.json', now }),
  detectAnomalies: (source, now) => anomaly.detectAnomalies(source, { now }),
  backtest: (source, now) => anomaly.backtest(source, { now }),
  addFeedback: (source, now) =>
    anomaly.addFeedback(
      source,
      { kind: 'maintenance', from: '2024-01-01T00:00:00Z', to: '2024-01-02T00:00:00Z' },
      { now },
    ),
  validateLogDataQuality: (source, now) => quality.validateLogDataQuality(source, { now }),
  suggestRules: (source, now) => quality.suggestRules(source, { now }),
  alertStation: (source, now) => alertStation(source, [{ kind: 'command', to: 'true' }], { now }),
  listAlerts: (source, now) => listAlerts(source, { now }),
}

describe.each(Object.keys(CALLS))('%s', (name) => {
  test.each([
    ['returns no valid time', () => new Date(Number.NaN)],
    ['returns a number', () => 0],
    ['is a Date', new Date(0)],
  ])('refuses a clock that %s', async (_what, now) => {
    const source = tableSource({ storage: memoryStorage(), config })
    const call = async () => CALLS[name]?.(source, now as () => Date)
    await expect(call()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      context: { problems: [expect.objectContaining({ setting: 'now' })] },
    })
  })
})
