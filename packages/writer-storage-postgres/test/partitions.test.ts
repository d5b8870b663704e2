// @module-tag processes
import { describePostgres } from '@forge/fixtures/postgres-tests'
import { batchRows, matches, type TableReader } from '@forge/writer-core'
import { postgresStorage } from '@forge/writer-storage-postgres'
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
