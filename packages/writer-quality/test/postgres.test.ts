// @module-tag many-calls
import { describePostgres, newStorages } from '@forge/fixtures/postgres-tests'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { vi } from 'vitest'

// The tests of this package that store rows, with PostgreSQL as the storage.
describePostgres('on PostgreSQL', async (server) => {
  const memoryStorage = newStorages(server, (url) => postgresStorage({ url }))
  vi.doMock('@forge/writer-core', async (load) => ({ ...(await load<object>()), memoryStorage }))
  await import('./log-rows.test.ts')
  await import('./log-rules.test.ts')
  await import('./gate.test.ts')
  await import('./release.test.ts')
  await import('./validate.test.ts')
  await import('./suggest.test.ts')
  await import('./row-rules.test.ts')
  await import('./outside-times.test.ts')
})
