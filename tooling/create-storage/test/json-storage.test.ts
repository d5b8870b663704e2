import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, LOG_COLUMNS } from '@forge/writer-core'
import { newFolder, testStorage } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { jsonStorage } from '../src/index.ts'

testStorage({ name: 'json', create: () => jsonStorage({ path: newFolder() }) })

test('two storages on one folder store all rows of both', async () => {
  const path = newFolder()
  const ref = { schema: 'analytics', name: 'pipeline_logs' }
  const [first, second] = await Promise.all([1, 2].map(() => jsonStorage({ path }).openTable(ref)))
  const writes = Array.from({ length: 10 }, (_, number) =>
    (number % 2 === 0 ? first : second)?.append(makeBatch(number), { batchId: `batch-${number}` }),
  )
  const versions = (await Promise.all(writes)).map((result) => result?.version)
  expect(new Set(versions).size).toBe(10)
  expect((await first?.info())?.rowCount).toBe(10)
  expect((await readdir(join(path, 'analytics~pipeline_logs'))).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

function makeBatch(number: number) {
  const row = { run_id: `run-${number}`, run_mode: 'initial', execution_id: 'e', pipeline_id: 'p', schema: 's' }
  const step = { phase: 'gold', step_name: 'step', step_type: 'transform', duration_secs: 1, rows_processed: number }
  const rest = { valid_rows: number, invalid_rows: 0, validation_rate: 100, success: true }
  return batchFromRows(LOG_COLUMNS, [{ ...row, ...step, ...rest }])
}
