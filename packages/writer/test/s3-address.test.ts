import { randomUUID } from 'node:crypto'
import { startS3Server } from '@forge/fixtures/s3'
import { createWriter } from '@forge/writer'
import { afterAll, afterEach, expect, test, vi } from 'vitest'

const started = await startS3Server()
const server = 'reason' in started ? undefined : started
const settings = { tableSchema: 'analytics', tableName: 'pipeline_logs' }

afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})
afterEach(() => {
  vi.unstubAllEnvs()
})

test.skipIf(server === undefined)(
  `createWriter takes the address of a bucket as a path (skipped if no object store can be installed)`,
  async () => {
    for (const [name, value] of Object.entries(server?.env ?? {})) vi.stubEnv(name, value)
    const path = `s3://${server?.bucket}/${randomUUID()}`
    for (const run_id of ['run-1', 'run-2']) {
      const writer = await createWriter({ path, ...settings })
      await writer.writeLogRows([{ run_id, phase: 'bronze', step_name: 'extract', rows_processed: 1000 }])
      await writer.close()
    }
    const reader = await createWriter({ path, ...settings })
    expect(reader.storage).toMatchObject({ name: 'delta', location: path })
    expect((await reader.showLogs()).map(({ run_id }) => run_id).sort()).toEqual(['run-1', 'run-2'])
    await reader.close()
  },
)

test.each(['gs://bucket/x', 's3://key:hunter2@bucket/x', 's3://b'])(
  'createWriter refuses %s, and does not repeat it',
  async (path) => {
    const opening = createWriter({ path, ...settings })
    await expect(opening).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await expect(opening).rejects.not.toThrow(/hunter2/)
  },
)
