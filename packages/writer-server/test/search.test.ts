import type { LogRowInput } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { openDashboard, STORAGES } from './dashboard.ts'

const ROWS: readonly LogRowInput[] = [
  { run_id: 'nightly-1', pipeline_id: 'orders', step_name: 'load_eu', error_message: null, success: true },
  {
    run_id: 'nightly-2',
    pipeline_id: 'orders',
    step_name: 'load_us',
    error_message: '100% full: C:\\data',
    success: false,
  },
  { run_id: 'hourly-1', pipeline_id: 'Web_Events', step_name: 'loadXus', error_message: '1000 rows', success: false },
].map((row) => ({ ...row, phase: 'gold' as const }))

test.each(STORAGES)(
  'on %s, a text finds runs by id, pipeline, step and message, in any case, and means itself',
  async (storage) => {
    await using dashboard = await openDashboard({ storage })
    await dashboard.write(ROWS)
    for (const [text, found] of [
      ['NIGHTLY', ['nightly-1', 'nightly-2']],
      ['web_e', ['hourly-1']],
      ['load_us', ['nightly-2']],
      ['100%', ['nightly-2']],
      ['C:\\DATA', ['nightly-2']],
      ['rows', ['hourly-1']],
      ['_', ['hourly-1', 'nightly-1', 'nightly-2']],
      ['%', ['nightly-2']],
      ["' or 1=1", []],
    ] as const) {
      const { runs } = (await dashboard.json(`/runs?q=${encodeURIComponent(text)}`)) as { runs: { runId: string }[] }
      expect([text, runs.map(({ runId }) => runId).sort()]).toEqual([text, found])
    }
  },
)
