import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { analyzePerformanceTrends, exportAnalyticsData, generateSummaryReport } from '../src/index.ts'
import { now, onEveryStorage } from './logs.ts'

const nullable = true
/** The columns as the original makes them: narrow numbers, recording times as text, no metadata. */
const COLUMNS: ColumnDefinition[] = [
  ...['run_id', 'run_mode', 'pipeline_id', 'phase', 'step_name', 'step_type', 'error_message', 'created_at'].map(
    (name) => ({ name, type: 'string', nullable }) as const,
  ),
  ...['rows_processed', 'rows_written', 'valid_rows', 'invalid_rows'].map(
    (name) => ({ name, type: 'int32', nullable }) as const,
  ),
  ...['duration_secs', 'validation_rate'].map((name) => ({ name, type: 'float', nullable }) as const),
  { name: 'success', type: 'boolean', nullable },
  { name: 'start_time', type: 'timestamp', nullable },
]

onEveryStorage((open) => {
  test('a table with narrow types, times as text and missing columns is reported on and exported', async () => {
    await using log = await open()
    const { ref } = await log.source.table()
    const table = await log.source.storage.openTable(ref, { columns: COLUMNS })
    const row = {
      run_id: 'r1',
      run_mode: 'initial',
      pipeline_id: 'orders',
      phase: 'bronze',
      step_name: 'extract',
      step_type: 'step',
      rows_processed: 100,
      rows_written: 90,
      valid_rows: 90,
      invalid_rows: 10,
      duration_secs: 2.5,
      validation_rate: 90,
      success: true,
      start_time: '2024-06-14T10:00:00Z',
      created_at: '2024-06-14 10:00:00',
    }
    const failed = { ...row, run_id: 'r2', success: false, error_message: 'x 1', start_time: '2024-06-15T10:00:00Z' }
    await table.append(batchFromRows(COLUMNS, [row, failed]), { batchId: 'theirs' })
    const summary = await generateSummaryReport(log.source, { now })
    expect(summary).toMatchObject({
      totalExecutions: 2,
      failedExecutions: 1,
      totalRowsProcessed: 200,
      averageDurationSecs: 2.5,
      validationRate: 90,
      failures: { groups: [{ message: 'x <n>', failedSteps: 1, lastRunId: 'r2' }] },
    })
    expect(await analyzePerformanceTrends(log.source, { now })).toMatchObject({
      trendsAvailable: true,
      buckets: { length: 2 },
    })
    const path = `${log.directory}/theirs.csv`
    expect(await exportAnalyticsData(log.source, { format: 'csv', path, limit: 1 })).toMatchObject({
      recordsExported: 1,
    })
  })
})
