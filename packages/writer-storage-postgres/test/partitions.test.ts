// @module-tag processes
import { describePostgres } from '@forge/fixtures/postgres-tests'
import { batchFromRows, batchRows, type ColumnDefinition, lt, matches, type TableReader } from '@forge/writer-core'
import { type PostgresStorage, postgresStorage } from '@forge/writer-storage-postgres'
import { Client } from 'pg'
import { afterEach, expect, test } from 'vitest'
import { dropAll, runSql } from './drop-all.ts'

const ref = { schema: 's', name: 't' }

async function idsOf(reader: TableReader): Promise<number[]> {
  const ids: number[] = []
  for await (const part of reader.scan()) for (const row of batchRows(part)) ids.push(Number(row.id))
  return ids.sort((a, b) => a - b)
}

describePostgres('a partitioned table', (server) => {
  afterEach(() => dropAll(server))

  test('that another program made loses only the rows that core finds, whatever place they have in their partitions', async () => {
    await runSql(
      server,
      `create schema s; create table s.t (id bigint, text text) partition by list (id);
       create table s.t1 partition of s.t for values in (1); create table s.t2 partition of s.t for values in (2);
       insert into s.t values (1, 'keep'), (2, 'drop'), (1, 'drop'), (2, 'keep')`,
    )
    const storage = postgresStorage({ url: server.url })
    const table = await storage.openTable(ref)
    expect(await table.delete(matches('text', '^dr.p$'), { batchId: 'a' })).toMatchObject({ rowsDeleted: 2 })
    expect(await idsOf(table)).toEqual([1, 2])
    expect(await runSql(server, 'select distinct text from s.t')).toEqual([{ text: 'keep' }])
    await storage.close()
  })
})

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'text', type: 'string', nullable: true },
]
const batch = (...rows: [id: number, at: string | null][]) =>
  batchFromRows(
    COLUMNS,
    rows.map(([id, at]) => ({ id, at, text: `text of ${id}` })),
  )

describePostgres('a table that is partitioned by month', (server) => {
  afterEach(() => dropAll(server))

  const withStorage = async (work: (storage: PostgresStorage) => Promise<unknown>, partitionByMonth?: string) => {
    const storage = postgresStorage({ url: server.url, partitionByMonth, lockTimeoutMs: 5000 })
    try {
      await work(storage)
    } finally {
      await storage.close()
    }
  }
  const open = (storage: PostgresStorage) => storage.openTable(ref, { columns: COLUMNS })
  const partitions = async () =>
    (
      await runSql(
        server,
        `select tableoid::regclass::text as name, array_agg(id::int order by id) as ids from s.t group by 1 order by 1`,
      )
    ).map(({ name, ids }) => [name, ids])
  const names = async () =>
    (await runSql(server, `select inhrelid::regclass::text as name from pg_inherits order by 1`)).map(
      ({ name }) => name,
    )

  test('gets the partitions that its rows need, and those without a usual time are in the default one', async () => {
    await withStorage(async (storage) => {
      const table = await open(storage)
      await table.append(batch([1, '2024-01-31T23:59:59.999999Z'], [2, '2024-02-01T00:00:00Z']), { batchId: 'a' })
      await table.append(batch([3, null], [4, '1999-12-31T00:00:00Z'], [5, '2024-01-01T00:00:00Z']), { batchId: 'b' })
      // The process knows the table now, and a new month needs another partition.
      await table.append(batch([6, '2024-01-15T00:00:00Z']), { batchId: 'c' })
      await table.append(batch([7, '2024-03-15T00:00:00Z']), { batchId: 'd' })
      await table.appendStream([batch([8, '2024-03-16T00:00:00Z']), batch([9, '2024-04-01T00:00:00Z'])], {
        batchId: 'e',
      })
      const at = { keys: ['id'], whenMatched: 'update' } as const
      await table.merge(batch([1, '2024-05-01T00:00:00Z'], [10, '2024-05-02T00:00:00Z']), at, { batchId: 'f' })
      expect(await table.info()).toMatchObject({ partitionColumns: ['at'], rowCount: 10, version: 5 })
      expect((await table.info()).sizeBytes).toBeGreaterThan(0)
      const { versions } = await table.history()
      expect(versions[0]?.sizeBytes).toBeGreaterThan(0)
      expect(await storage.doctor()).toMatchObject({ healthy: true })
      expect(await storage.listTables()).toEqual([ref])
    }, 'at')
    expect(await partitions()).toEqual([
      ['s.t_2024_01', [5, 6]],
      ['s.t_2024_02', [2]],
      ['s.t_2024_03', [7, 8]],
      ['s.t_2024_04', [9]],
      ['s.t_2024_05', [1, 10]],
      ['s.t_default', [3, 4]],
    ])
  })

  test('keeps its partitions for writers without the option, and for those that know it from before', async () => {
    await withStorage(async (storage) => {
      const table = await open(storage)
      for (const id of [1, 2]) await table.append(batch([id, '2024-01-01T00:00:00Z']), { batchId: `a${id}` })
      await withStorage(async (other) => {
        const same = await open(other)
        await same.appendStream([batch([3, '2024-01-02T00:00:00Z']), batch([4, '2024-02-02T00:00:00Z'])], {
          batchId: 'b',
        })
        expect(await same.delete(lt('at', '2024-02-01'), { batchId: 'c' })).toMatchObject({ rowsDeleted: 3 })
      })
      expect(await names()).toEqual(['s.t_2024_02', 's.t_default'])
      await table.append(batch([5, '2024-01-05T00:00:00Z']), { batchId: 'd' })
    }, 'at')
    expect(await partitions()).toEqual([
      ['s.t_2024_01', [5]],
      ['s.t_2024_02', [4]],
    ])
  })

  test('loses whole months by their partitions, and rows of other months one by one', async () => {
    await withStorage(async (storage) => {
      const table = await open(storage)
      const rows = Array.from({ length: 12 }, (_none, month): [number, string] => [
        month + 1,
        `2024-${String(month + 1).padStart(2, '0')}-15T00:00:00Z`,
      ])
      await table.append(batch(...rows, [20, '2024-03-20T00:00:00Z'], [21, null]), { batchId: 'a' })
      expect(await table.delete(lt('at', '2024-03-16'), { batchId: 'b' })).toMatchObject({ rowsDeleted: 3 })
      expect(await names()).toEqual([
        ...rows.slice(2).map(([id]) => `s.t_2024_${String(id).padStart(2, '0')}`),
        's.t_default',
      ])
      // Core tests the rows: a partition is dropped only by a condition of the server.
      expect(await table.delete(matches('text', '^text of (4|5)$'), { batchId: 'c' })).toMatchObject({ rowsDeleted: 2 })
      expect(await idsOf(table)).toEqual([6, 7, 8, 9, 10, 11, 12, 20, 21])
      expect(await table.info()).toMatchObject({ rowCount: 9 })
      // An overwrite needs the month again at once.
      await table.overwrite(batch([30, '2024-06-01T00:00:00Z']), lt('at', '2024-07-01'), { batchId: 'd' })
      expect(await idsOf(table)).toEqual([7, 8, 9, 10, 11, 12, 21, 30])
      await table.vacuum({ everything: true })
      expect(await storage.doctor({ deep: true })).toMatchObject({ healthy: true })
    }, 'at')
    expect(await partitions()).toContainEqual(['s.t_2024_06', [30]])
  })

  test('deletes rows one by one while a reader holds it', async () => {
    await withStorage(async (storage) => {
      const table = await open(storage)
      await table.append(batch([1, '2024-01-01T00:00:00Z'], [2, '2024-02-01T00:00:00Z']), { batchId: 'a' })
      const reader = new Client({ connectionString: server.url })
      await reader.connect()
      await reader.query('begin; select * from s.t')
      expect(await table.delete(lt('at', '2024-02-01'), { batchId: 'b' })).toMatchObject({ rowsDeleted: 1 })
      await reader.end()
      expect(await names()).toEqual(['s.t_2024_01', 's.t_2024_02', 's.t_default'])
    }, 'at')
  })

  test('takes rows of a month that another program has put into the default partition', async () => {
    await withStorage(async (storage) => {
      const table = await open(storage)
      await table.append(batch([1, '2024-01-01T00:00:00Z']), { batchId: 'a' })
      await runSql(server, `insert into s.t (id, at) values (2, '2024-02-10Z'), (3, '2024-03-10Z')`)
      await table.append(batch([4, '2024-02-11T00:00:00Z']), { batchId: 'b' })
    }, 'at')
    expect(await partitions()).toEqual([
      ['s.t_2024_01', [1]],
      ['s.t_2024_02', [2, 4]],
      ['s.t_default', [3]],
    ])
  })

  test('is made for tables that have the column, by the address too, and the column must be a timestamp', async () => {
    const address = new URL(server.url)
    address.searchParams.set('partition_by_month', 'at')
    const storage = postgresStorage({ url: address.href })
    await (await open(storage)).append(batch([1, '2024-01-01T00:00:00Z']), { batchId: 'a' })
    const other = await storage.openTable({ schema: 's', name: 'plain' }, { columns: COLUMNS.slice(0, 1) })
    await other.append(batchFromRows(COLUMNS.slice(0, 1), [{ id: 1 }]), { batchId: 'a' })
    expect(await other.info()).toMatchObject({ partitionColumns: [] })
    expect(await names()).toEqual(['s.t_2024_01', 's.t_default'])
    await storage.close()
    await withStorage(async (wrong) => {
      const table = await wrong.openTable({ schema: 's', name: 'wrong' }, { columns: COLUMNS })
      await expect(table.append(batch([1, null]), { batchId: 'a' })).rejects.toMatchObject({
        code: 'CONFIGURATION',
        committed: 'no',
        context: { problems: [expect.objectContaining({ setting: 'partitionByMonth' })] },
      })
    }, 'text')
  })

  test('gets each partition once if many writers need it at the same time', async () => {
    await withStorage(async (storage) => {
      await (await open(storage)).append(batch([0, '2023-12-01T00:00:00Z']), { batchId: 'start' })
      await Promise.all(
        Array.from({ length: 8 }, async (_none, writer) => {
          const table = await open(storage)
          for (let month = 1; month <= 6; month++) {
            await table.append(batch([writer, `2024-0${month}-01T00:00:00Z`]), { batchId: `${writer} ${month}` })
          }
        }),
      )
      expect(await (await open(storage)).info()).toMatchObject({ rowCount: 49, version: 48 })
    }, 'at')
    expect(await names()).toHaveLength(8)
  })
})
