import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { main as quickStart } from '../src/quick-start.ts'

test('the quick start stores its row with defaults and derived fields', async () => {
  const { result, rows } = await quickStart(newFolder())
  expect(result).toMatchObject({ success: true, rowsWritten: 1, runId: 'my-first-run', alreadyWritten: false })
  expect(result.tableFqn).toBe('analytics.pipeline_logs')
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    run_id: 'my-first-run',
    step_name: 'extract_data',
    duration_secs: 15,
    valid_rows: 950,
    invalid_rows: 50,
    success: true,
  })
})
