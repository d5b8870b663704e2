// @module-tag many-calls
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describePostgres } from '@forge/fixtures/postgres-tests'
import { createLogWriter } from '@forge/writer-core'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { expect, test } from 'vitest'
import { createServerHandler } from '../src/index.ts'
import { eventsOf, nextOf } from './events.ts'

const CONFIG = { tableSchema: 'analytics', tableName: 'logs' }
const ROW = { pipeline_id: 'p', phase: 'gold', step_name: 's', success: true } as const
const MAX_POLL_MS = 600_000

describePostgres('a dashboard over notified commits', (server) => {
  test('shows those of other storages without a poll, also after its connection was lost', async () => {
    const { url } = server.newDatabase()
    const writers = [
      postgresStorage({ url, notifyChanges: true }),
      postgresStorage({ url: `${url}${url.includes('?') ? '&' : '?'}notify_changes=true` }),
    ]
    const [first, second] = await Promise.all(writers.map((storage) => createLogWriter({ storage, config: CONFIG })))
    const shown = postgresStorage({ url, notifyChanges: true, readOnly: true })
    const reader = await createLogWriter({ storage: shown, config: CONFIG })
    const dashboard = createServerHandler(reader, { pollMs: MAX_POLL_MS })
    const events = eventsOf(
      await dashboard.fetch(new Request('http://localhost/events', { headers: { host: 'localhost' } })),
    )
    expect(await nextOf(events)).toMatchObject({ event: 'version', data: { rows: 0 } })
    await first?.writeLogRows([{ ...ROW, run_id: '1' }])
    expect(await nextOf(events)).toMatchObject({ event: 'version', data: { rows: 1 } })
    // The append in one round trip.
    await second?.writeLogRows([{ ...ROW, run_id: '2' }])
    expect(await nextOf(events)).toMatchObject({ event: 'version', data: { rows: 2 } })
    const sql = `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %'`
    expect(
      execFileSync(join(server.programs, 'psql'), ['--no-psqlrc', '-At', '-c', sql, url], { encoding: 'utf8' }),
    ).toBe('t\n')
    await first?.writeLogRows([{ ...ROW, run_id: '3' }])
    expect(await nextOf(events)).toMatchObject({ event: 'version', data: { rows: 3 } })
    await events.return(undefined)
    dashboard.close()
    for (const each of [first, second, reader]) await each?.close()
    for (const storage of [...writers, shown]) await storage.close()
  })

  test('a storage without the option reports nothing, and a closed one listens no longer', async () => {
    const { url } = server.newDatabase()
    const plain = postgresStorage({ url })
    expect(plain.watchChanges).toBeUndefined()
    const storage = postgresStorage({ url, notifyChanges: true })
    await new Promise<void>((connected) => storage.watchChanges?.(connected))
    await Promise.all([plain.close(), storage.close()])
    const sql = `select count(*) from pg_stat_activity where query like 'listen %' and datname = current_database()`
    const count = () =>
      execFileSync(join(server.programs, 'psql'), ['--no-psqlrc', '-At', '-c', sql, url], { encoding: 'utf8' }).trim()
    await expect.poll(count, { timeout: 30_000 }).toBe('0')
    expect(() => storage.watchChanges?.(() => undefined)).toThrow(expect.objectContaining({ code: 'TABLE' }))
  })
})
