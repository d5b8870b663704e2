// @module-tag many-calls
import { describePostgres, newStorages } from '@forge/fixtures/postgres-tests'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { vi } from 'vitest'

// The tests of this package that store rows, with PostgreSQL as the storage.
describePostgres('on PostgreSQL', async (server) => {
  const memoryStorage = newStorages(server, (url) => postgresStorage({ url }))
  vi.doMock('@forge/writer-core', async (load) => ({ ...(await load<object>()), memoryStorage }))
  await import('./alert-hook.test.ts')
  await import('./blocked-sinks.test.ts')
  await import('./outages.test.ts')
  await import('./prune-outbox.test.ts')
})
