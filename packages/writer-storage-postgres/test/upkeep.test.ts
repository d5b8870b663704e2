import { describePostgres } from '@forge/fixtures/postgres-tests'
import { batchFromRows, type ColumnDefinition, gt } from '@forge/writer-core'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { afterEach, expect, test } from 'vitest'
import { dropAll, runSql } from './drop-all.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'text', type: 'string', nullable: true },
]
const ref = { schema: 's', name: 't' }
const batch = (count: number) =>
  batchFromRows(
    COLUMNS,
    Array.from({ length: count }, (_none, id) => ({ id, text: `text of ${id}`.repeat(20) })),
  )

describePostgres('upkeep of a PostgreSQL server', (server) => {
  afterEach(() => dropAll(server))

  async function withStorage<Result>(
    work: (storage: ReturnType<typeof postgresStorage>) => Promise<Result>,
    readOnly = false,
  ) {
    const storage = postgresStorage({ url: server.url, readOnly })
    try {
      return await work(storage)
    } finally {
      await storage.close()
    }
  }

  test('giving up everything old frees the space of deleted rows, and what the journal says about runs', async () => {
    await withStorage(async (storage) => {
      const table = await storage.openTable(ref, { columns: COLUMNS })
      await table.append(batch(20_000), { batchId: 'a', runId: 'run of ada', note: { by: 'ada' } })
      await table.delete(gt('id', 9), { batchId: 'b' })
      const before = await table.info()
      const { dryRun, bytesFreed } = await table.vacuum({ everything: true })
      expect([dryRun, bytesFreed > 1_000_000]).toEqual([false, true])
      expect(await table.info()).toMatchObject({ rowCount: 10, sizeBytes: before.sizeBytes - bytesFreed, version: 2 })
      const { versions } = await table.history()
      expect(versions.map(({ operation, note }) => [operation, note])).toEqual([
        ['vacuum', null],
        ['delete', null],
        ['append', null],
      ])
      expect(await table.append(batch(1), { batchId: 'a' })).toMatchObject({ alreadyWritten: true, version: 0 })
    })
    expect(
      await runSql(server, `select count(*)::int as n from forge_writer.versions where run_id is not null`),
    ).toEqual([{ n: 0 }])
  })

  test('a dry run of a vacuum changes nothing, on a storage that is read only as well', async () => {
    await withStorage(async (storage) => {
      const table = await storage.openTable(ref, { columns: COLUMNS })
      await table.append(batch(10), { batchId: 'a' })
    })
    await withStorage(async (storage) => {
      const table = await storage.openTable(ref)
      expect(await table.vacuum({ dryRun: true })).toMatchObject({ dryRun: true, filesRemoved: 0 })
      await expect(table.vacuum()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      expect(await table.info()).toMatchObject({ version: 0, rowCount: 10 })
    }, true)
  })

  test('the doctor finds rows that another program deleted, a missing table and a gap between versions', async () => {
    await withStorage(async (storage) => {
      for (const name of ['t', 'gone']) {
        const table = await storage.openTable({ schema: 's', name }, { columns: COLUMNS })
        for (const batchId of ['a', 'b', 'c']) await table.append(batch(2), { batchId })
      }
      const statuses = async (deep = false) => {
        const { healthy, checks } = await storage.doctor({ deep })
        return {
          healthy,
          bad: checks.filter(({ status }) => status !== 'ok').map(({ name, status }) => [name, status]),
        }
      }
      expect(await statuses(true)).toEqual({ healthy: true, bad: [] })
      await runSql(server, 'delete from s.t where id = 1; drop table s.gone')
      expect(await statuses()).toEqual({
        healthy: false,
        bad: [
          ['s.gone', 'problem'],
          ['s.t', 'problem'],
        ],
      })
      await runSql(server, `delete from forge_writer.versions where version = 1 and table_name = 'gone'`)
      expect((await statuses()).bad).toContainEqual(['versions', 'problem'])
    })
  })

  test('the rows of a table that another program made are counted when the first batch is appended', async () => {
    await runSql(
      server,
      'create schema s; create table s.t (id bigint, text text); insert into s.t values (1), (2), (3)',
    )
    await withStorage(async (storage) => {
      const table = await storage.openTable(ref)
      expect(await table.info()).toMatchObject({ rowCount: 3, version: 0 })
      await table.append(batch(2), { batchId: 'a' })
      expect((await table.info()).rowCount).toBe(5)
      await table.append(batch(2), { batchId: 'b' })
      expect((await table.info()).rowCount).toBe(7)
      expect((await storage.doctor()).healthy).toBe(true)
    })
  })
})
