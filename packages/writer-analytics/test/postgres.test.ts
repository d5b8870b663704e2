// @module-tag many-cases
import { describePostgres, newStorages } from '@forge/fixtures/postgres-tests'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { vi } from 'vitest'
import type { OpenLog } from './logs.ts'

// The tests of every storage, on PostgreSQL.
describePostgres('postgres', async (server) => {
  const create = newStorages(server, (url) => postgresStorage({ url }))
  vi.doMock('./logs.ts', async (load) => {
    const logs = await load<typeof import('./logs.ts')>()
    const onEveryStorage = (tests: (open: OpenLog, storage: string) => void) =>
      tests((settings) => logs.openLog(create, settings), 'postgres')
    return { ...logs, onEveryStorage }
  })
  await import('./export.test.ts')
  await import('./failed-runs.test.ts')
  await import('./later-reading.test.ts')
  await import('./non-finite.test.ts')
  await import('./others-tables.test.ts')
  await import('./retention.test.ts')
  await import('./run-figures.test.ts')
  await import('./run-parts.test.ts')
  await import('./run-view.test.ts')
  await import('./runs.test.ts')
  await import('./service-levels.test.ts')
  await import('./shared-reading.test.ts')
  await import('./summary-equals-sql.test.ts')
  await import('./summary.test.ts')
  await import('./trends.test.ts')
  await import('./unknown-outcomes.test.ts')
  await import('./upkeep.test.ts')
})
