// @module-tag many-calls
import { describePostgres, newStorages } from '@forge/fixtures/postgres-tests'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { vi } from 'vitest'

// The tests of this package that read a stored log, with PostgreSQL as the storage.
describePostgres('on PostgreSQL', async (server) => {
  const memoryStorage = newStorages(server, (url) => postgresStorage({ url }))
  vi.doMock('@forge/writer-core', async (load) => ({ ...(await load<object>()), memoryStorage }))
  vi.doMock('./dashboard.ts', async (load) => ({ ...(await load<object>()), STORAGES: ['memory'] }))
  await import('./api.test.ts')
  await import('./live.test.ts')
  await import('./search.test.ts')
})
