import { join } from 'node:path'
import { eq, type TableSource } from '@forge/writer-core'
import { expect, test } from 'vitest'
import {
  analyzePerformanceTrends,
  analyzeQualityTrends,
  checkServiceLevels,
  eraseRows,
  exportAnalyticsData,
  generateSummaryReport,
  getTableHistory,
  maintainTable,
  optimizeTable,
  planRetention,
  planUpkeep,
  pruneTable,
} from '../src/index.ts'
import { now, onEveryStorage } from './logs.ts'

type Call = (source: TableSource, directory: string) => Promise<unknown>

const CALLS: Readonly<Record<string, Call>> = {
  analyzePerformanceTrends: (source) => analyzePerformanceTrends(source, { now }),
  analyzeQualityTrends: (source) => analyzeQualityTrends(source, { now }),
  checkServiceLevels: (source) => checkServiceLevels(source, { now }),
  eraseRows: (source) => eraseRows(source, { where: eq('pipeline_id', 'orders') }),
  exportAnalyticsData: (source, directory) =>
    exportAnalyticsData(source, { format: 'parquet', path: join(directory, 'rows.parquet') }),
  generateSummaryReport: (source) => generateSummaryReport(source, { now }),
  getTableHistory: (source) => getTableHistory(source),
  maintainTable: (source) => maintainTable(source, { auto: true }),
  optimizeTable: (source) => optimizeTable(source),
  planRetention: (source) => planRetention(source, { now }),
  planUpkeep: (source) => planUpkeep(source),
  pruneTable: (source) => pruneTable(source, { now }),
}

onEveryStorage((open) => {
  test.for(Object.entries(CALLS))('%s reads the settings at its start, and no others', async ([, call]) => {
    const settings = {
      retention: { keepDays: 30 },
      serviceLevels: [{ pipeline: 'orders', maxDurationSecs: 1 }],
    }
    await using log = await open(settings)
    const at = new Date(now().getTime() - 60_000)
    await log.write([{ run_id: 'r', pipeline_id: 'orders', phase: 'pipeline', step_name: 'orders', start_time: at }])
    const { config, storage, logger, table, companion } = log.source
    let isStarted = false
    const source: TableSource = {
      get config() {
        if (isStarted) throw new Error('the settings are read after the start')
        return config
      },
      storage,
      logger,
      table,
      companion,
    }
    const running = call(source, log.directory)
    isStarted = true
    expect(await running).toBeDefined()
  })
})
