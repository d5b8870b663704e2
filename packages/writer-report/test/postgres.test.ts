// @module-tag many-cases
import { describePostgres, newStorages } from '@forge/fixtures/postgres-tests'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { vi } from 'vitest'
import type { OpenLogOptions } from './log.ts'

// The tests of this package that read a stored log, with PostgreSQL as the storage.
describePostgres('on PostgreSQL', async (server) => {
  const memoryStorage = newStorages(server, (url) => postgresStorage({ url }))
  vi.doMock('@forge/writer-core', async (load) => ({ ...(await load<object>()), memoryStorage }))
  vi.doMock('./log.ts', async (load) => {
    const { openLog } = await load<typeof import('./log.ts')>()
    return {
      openLog: (settings?: object, options?: OpenLogOptions) => openLog(settings, { ...options, inMemory: true }),
    }
  })
  await import('./report-states.test.ts')
  await import('./findings.test.ts')
  await import('./running-and-compared.test.ts')
})
