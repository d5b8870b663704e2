// @module-tag many-calls
import { describePostgres, newStorages } from '@forge/fixtures/postgres-tests'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { vi } from 'vitest'

// The tests of this package that store rows, with PostgreSQL as the storage.
describePostgres('on PostgreSQL', async (server) => {
  const memoryStorage = newStorages(server, (url) => postgresStorage({ url }))
  vi.doMock('@forge/writer-core', async (load) => ({ ...(await load<object>()), memoryStorage }))
  await import('./detect.test.ts')
  await import('./watch.test.ts')
  await import('./backtest.test.ts')
})
