import { LOG_COLUMNS } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { main as viewingLogData } from '../src/viewing-log-data.ts'
import { main as writingExecutionResults } from '../src/writing-execution-results.ts'
import { main as writingRawLogData } from '../src/writing-raw-log-data.ts'
import { main as writingStepResults } from '../src/writing-step-results.ts'

test('an execution result becomes a row for each step and one of phase pipeline', async () => {
  const { result, rows } = await writingExecutionResults(newFolder())
  expect(result).toMatchObject({ success: true, rowsWritten: 2, runId: 'run-123' })
  expect(rows.map((row) => [row.phase, row.step_name]).sort()).toEqual([
    ['bronze', 'bronze_extract'],
    ['pipeline', 'my-pipeline'],
  ])
  expect(rows.find((row) => row.phase === 'bronze')).toMatchObject({
    run_id: 'run-123',
    execution_id: 'exec-123',
    pipeline_id: 'my-pipeline',
    run_mode: 'initial',
    rows_written: 950,
    duration_secs: 10,
    start_time: '2024-01-01T10:00:00.000000Z',
    end_time: '2024-01-01T10:00:10.000000Z',
  })
})

test('step results become rows, without a row for the run', async () => {
  const { result, rows } = await writingStepResults(newFolder())
  expect(result).toMatchObject({ rowsWritten: 2, runId: 'step-run-123' })
  expect(rows.map((row) => row.step_name).sort()).toEqual(['bronze_extract', 'silver_clean'])
})

test('log rows get the run id of the call and keep their metadata', async () => {
  const { result, rows } = await writingRawLogData(newFolder())
  expect(result).toMatchObject({ rowsWritten: 1, runId: 'custom-run' })
  expect(rows[0]).toMatchObject({ run_id: 'custom-run', error_message: null, validation_rate: 94.7 })
  expect(JSON.parse(rows[0]?.metadata ?? '')).toEqual({ custom_field: 'custom_value' })
})

test('a missing table reads as empty, and showLogs returns the newest twenty rows or the requested number', async () => {
  const { before, info, recent, fifty, printed } = await viewingLogData(newFolder())
  expect(before).toMatchObject({ exists: false, rowCount: 0 })
  expect(info).toMatchObject({ exists: true, rowCount: 60, tableFqn: 'analytics.pipeline_logs' })
  expect(info.columns).toEqual(LOG_COLUMNS.map(({ name }) => name))
  expect(recent).toHaveLength(20)
  expect(fifty).toHaveLength(50)
  expect(printed).toContain('step_')
})
