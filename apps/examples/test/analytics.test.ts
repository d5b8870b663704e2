import { readFile } from 'node:fs/promises'
import { newFolder } from '@forge/writer-core/testing'
import { describe, expect, test } from 'vitest'
import { main as dataExport } from '../src/data-export.ts'
import { main as dataLifecycle } from '../src/data-lifecycle.ts'
import { openLake } from '../src/open-lake.ts'
import { openLogs } from '../src/open-logs.ts'
import { main as performanceTrends } from '../src/performance-trends.ts'
import { main as summaryReports } from '../src/summary-reports.ts'
import { main as tableHistory } from '../src/table-history.ts'
import { main as tableMaintenance } from '../src/table-maintenance.ts'
import { main as tableOptimization } from '../src/table-optimization.ts'

describe.each([
  ['DuckDB', openLogs],
  ['Delta', openLake],
] as const)('on %s', (storage, open) => {
  test('optimizeTable compacts many small writes and keeps every row', async () => {
    const { result, info } = await tableOptimization(newFolder(), open)
    expect(result.optimized).toBe(true)
    expect(result.optimizationsApplied).toContain('vacuum')
    expect(result.after.files).toBe(1)
    if (storage === 'Delta') expect(result.before.files).toBe(20)
    expect(info).toMatchObject({ rowCount: 20, files: 1 })
  })

  test('maintainTable reports what it did, and by plan does only what is needed', async () => {
    const { result, byPlan, info } = await tableMaintenance(newFolder(), open)
    expect(result.maintained).toBe(true)
    expect(result.maintenanceOperations).toContain('validate_schema')
    expect(result.schema?.valid).toBe(true)
    expect(byPlan.plan?.steps).toHaveLength(3)
    expect(byPlan.maintenanceOperations.includes('optimize')).toBe(storage === 'Delta')
    expect(info.rowCount).toBe(20)
  })

  test('history lists the versions with rows, size and batch', async () => {
    const { before, history } = await tableHistory(newFolder(), open)
    expect(before).toMatchObject({ historyAvailable: false, totalVersions: 0 })
    expect(history).toMatchObject({ historyAvailable: true, tableFqn: 'analytics.pipeline_logs' })
    expect(history.versions.slice(0, 2)).toMatchObject([
      { batchId: 'second', rowCount: 11, rowsAdded: 1 },
      { batchId: 'first', rowCount: 10, rowsAdded: 10 },
    ])
  })

  test('the summary counts runs and steps, and sums rows', async () => {
    const summary = await summaryReports(newFolder(), open)
    expect(summary).toMatchObject({
      reportAvailable: true,
      totalExecutions: 30,
      successRatePercent: 90,
      totalSteps: 90,
      totalRowsProcessed: 90 * 950,
      totalRowsWritten: 90 * 900,
      phaseDistribution: { bronze: 30, silver: 30, gold: 30 },
      failures: { groups: [{ message: 'timeout after <n> s', failedSteps: 3 }] },
    })
    expect(summary.averageDurationSecs).toBeCloseTo((10 + 14.5 + 20 + 5) / 3, 9)
    expect(summary.slowestSteps[0]?.step).toBe('extract')
  })

  test('the trend shows a step that gets slower by one second per day', async () => {
    const trends = await performanceTrends(newFolder(), open)
    if (!trends.trendsAvailable) throw new Error(trends.reason)
    expect(trends.durationTrend).toMatchObject({ min: 5, max: 69, direction: 'rising' })
    expect(trends.durationTrend.slopePerDay).toBeCloseTo(1 / 3, 2)
    expect(trends.successTrend).toMatchObject({ successRatePercent: 90, totalExecutions: 60 })
    expect(trends.validationTrend?.mean).toBeCloseTo((94.7 * 2 + 95) / 3, 9)
    const extract = trends.steps.find(({ step }) => step === 'extract')
    expect(extract?.trend.slopePerDay).toBeCloseTo(1, 2)
  })

  test('exports contain the requested rows', async () => {
    const { json, csv, parquet } = await dataExport(newFolder(), open)
    expect(json).toMatchObject({ exportSuccessful: true, recordsExported: 30 })
    expect(JSON.parse(await readFile(json.exportPath, 'utf8'))).toHaveLength(30)
    expect(csv).toMatchObject({ exportSuccessful: true, recordsExported: 87 })
    expect((await readFile(csv.exportPath, 'utf8')).trim().split('\r\n')).toHaveLength(88)
    expect(parquet).toMatchObject({ exportSuccessful: true, recordsExported: 90 })
    expect((await readFile(parquet.exportPath)).subarray(0, 4).toString()).toBe('PAR1')
  })

  test('retention removes rows by age and outcome, and erasure leaves nothing of a person', async () => {
    const { plan, pruned, erased, info } = await dataLifecycle(newFolder(), open)
    expect(plan).toMatchObject({ dryRun: true, rows: 29, totalRows: 91 })
    expect(pruned.rowsDeleted).toBe(29)
    expect(erased).toMatchObject({ rowsErased: 1, proof: { isProven: true, rowsLeft: 0, foundIn: [] } })
    expect(info.rowCount).toBe(61)
  })
})
