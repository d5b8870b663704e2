import { batchFromRows, LOG_COLUMNS } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { alertsOfFailedRuns } from '../src/index.ts'

const now = new Date('2026-01-01T00:00:00Z')

test('a step whose outcome is not known raises no alert of a failure', () => {
  const row = {
    pipeline_id: 'p',
    phase: 'gold',
    step_name: 's',
    execution_id: '1',
    success: false,
    error_message: null,
  }
  const wanted = [...Object.keys(row), 'run_id', 'metadata']
  const batch = batchFromRows(
    LOG_COLUMNS.filter(({ name }) => wanted.includes(name)),
    [
      { ...row, run_id: 'odd', metadata: '{"status":"unknown"}' },
      { ...row, run_id: 'bad', metadata: '{"status":"failed"}' },
      { ...row, run_id: 'plain', metadata: null },
    ],
  )
  expect(alertsOfFailedRuns(batch, 't', now).map(({ runId }) => runId)).toEqual(['bad', 'plain'])
})
