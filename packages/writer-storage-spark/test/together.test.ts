// @module-tag endurance
import { join } from 'node:path'
import { describeSpark } from '@forge/fixtures/spark-tests'
import { batchFromRows, batchRows, type ColumnDefinition, eq, type LogTable, matches } from '@forge/writer-core'
import { deltaStorage } from '@forge/writer-storage-delta'
import { sparkStorage } from '@forge/writer-storage-spark'
import { expect, test } from 'vitest'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'text', type: 'string', nullable: true },
  { name: 'extra', type: 'json', nullable: true },
]
const rows = (...ids: number[]) =>
  batchFromRows(
    COLUMNS,
    ids.map((id) => ({ id, text: `t${id}`, extra: { id } })),
  )

async function idsIn(table: LogTable): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const batch of table.scan({ orderBy: [{ column: 'id' }] })) {
    found.push(...[...batchRows(batch)].map(({ id }) => id))
  }
  return found
}

describeSpark('Delta tables that Spark and this project write together', (server) => {
  let places = 0
  const both = async () => {
    const path = join(server.folder, `together${places++}`)
    const [delta, spark] = [deltaStorage({ path }), sparkStorage({ url: server.url, path })]
    const ref = { schema: 'logs', name: 'steps' }
    return {
      ours: await delta.openTable(ref, { columns: COLUMNS }),
      theirs: await spark.openTable(ref, { columns: COLUMNS }),
      spark,
      async [Symbol.asyncDispose]() {
        await Promise.all([delta.close(), spark.close()])
      },
    }
  }

  test('batches of either are known to the other, with their figures', async () => {
    await using tables = await both()
    const { ours, theirs } = tables
    await ours.append(rows(1, 2, 3), { batchId: 'of delta' })
    await theirs.append(rows(4, 5), { batchId: 'of spark' })
    await theirs.merge(rows(5, 6), { keys: ['id'], whenMatched: 'update' }, { batchId: 'merged by spark' })
    expect(await theirs.findBatch('of delta')).toMatchObject({ version: 0, rowsInserted: 3, alreadyWritten: true })
    expect(await ours.findBatch('of spark')).toMatchObject({ version: 1, rowsInserted: 2, alreadyWritten: true })
    const merged = { version: 2, rowsInserted: 1, rowsUpdated: 1, rowsWritten: 2 }
    expect(await theirs.findBatch('merged by spark')).toMatchObject(merged)
    expect(await ours.findBatch('merged by spark')).toMatchObject(merged)
    expect(await theirs.append(rows(9), { batchId: 'of delta' })).toMatchObject({ version: 0, alreadyWritten: true })
    expect(await ours.append(rows(9), { batchId: 'of spark' })).toMatchObject({ version: 1, alreadyWritten: true })
    for (const table of [ours, theirs]) {
      expect(await table.findBatch('of nobody')).toBeUndefined()
      expect(await idsIn(table)).toEqual([1, 2, 3, 4, 5, 6])
    }
  })

  test('both see the same columns, and write at the same time', async () => {
    await using tables = await both()
    const { ours, theirs } = tables
    await theirs.append(rows(0), { batchId: 'first' })
    await Promise.all(
      Array.from({ length: 8 }, (_none, at) =>
        (at % 2 === 0 ? ours : theirs).append(rows(at + 1), { batchId: `b${at}` }),
      ),
    )
    for (const table of [ours, theirs]) {
      expect(await table.info()).toMatchObject({ version: 8, rowCount: 9, columns: COLUMNS })
      expect(await idsIn(table)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    }
  })

  test('texts with quotes, escapes and NUL are values and conditions, not SQL', async () => {
    await using tables = await both()
    const { theirs } = tables
    const texts = ["it's", '"; drop table x --', '\\', '`', '/* */', 'a\0b', '日本 🎉', "' or 1 = 1 --"]
    const given = texts.map((text, id) => ({ id, text, extra: null }))
    await theirs.append(batchFromRows(COLUMNS, given), { batchId: 'a' })
    for (const [id, text] of texts.entries()) {
      const [row] = await theirs.aggregate({ where: eq('text', text), measures: [{ as: 'n', fn: 'count' }] })
      expect([text, row?.n]).toEqual([text, 1])
      const { rowsDeleted } = await theirs.delete(eq('text', text), { batchId: `delete ${id}` })
      expect([text, rowsDeleted]).toEqual([text, 1])
    }
  })

  test('rows are deleted by a condition that only core computes', async () => {
    await using tables = await both()
    const { theirs } = tables
    await theirs.append(rows(1, 2, 13, 23), { batchId: 'a' })
    expect(await theirs.delete(matches('text', '3$'), { batchId: 'b' })).toMatchObject({ rowsDeleted: 2 })
    expect(await theirs.overwrite(rows(7), matches('text', '^t2$'), { batchId: 'c' })).toMatchObject({
      rowsDeleted: 1,
      rowsInserted: 1,
    })
    expect(await idsIn(theirs)).toEqual([1, 7])
  })

  test('a batch above the size of a message is one version', { tags: 'many-rows' }, async () => {
    await using tables = await both()
    const { theirs } = tables
    const text = 'x'.repeat(1000)
    const many = batchFromRows(
      COLUMNS,
      Array.from({ length: 60_000 }, (_none, id) => ({ id, text: `${id}${text}`, extra: null })),
    )
    expect(await theirs.append(many, { batchId: 'large' })).toMatchObject({ version: 0, rowsInserted: 60_000 })
    expect(await theirs.info()).toMatchObject({ version: 0, rowCount: 60_000 })
  })

  test('tables of the catalog are created, changed, listed and examined', async () => {
    const storage = sparkStorage({ url: server.url })
    const ref = { schema: `forge_${process.pid}`, name: 'steps' }
    const table = await storage.openTable(ref, { columns: COLUMNS })
    expect(await table.info()).toMatchObject({ exists: false, version: -1 })
    expect(await table.append(rows(1, 2), { batchId: 'a' })).toMatchObject({ version: 0, rowsInserted: 2 })
    expect(await table.append(rows(9), { batchId: 'a' })).toMatchObject({ version: 0, alreadyWritten: true })
    expect(await table.append(rows(3), { batchId: 'b' })).toMatchObject({ version: 1 })
    expect(await table.delete(eq('id', 1), { batchId: 'c' })).toMatchObject({ version: 2, rowsDeleted: 1 })
    expect(await table.info()).toMatchObject({ columns: COLUMNS, rowCount: 2, version: 2 })
    expect(await storage.listTables()).toContainEqual(ref)
    const { checks } = await storage.doctor({ deep: true })
    expect(checks).toContainEqual(expect.objectContaining({ name: `table ${ref.schema}.steps`, status: 'ok' }))
    await storage.close()
  })
})
