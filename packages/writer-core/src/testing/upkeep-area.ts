import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { batchFromRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { isWriterError } from '../errors/writer-error.ts'
import { gt } from '../predicate/build.ts'
import { newFolder } from './new-folder.ts'
import { type Bench, COLUMNS, ids, idsIn, REF, read } from './storage-under-test.ts'

const MORE: ColumnDefinition = { name: 'more', type: 'string', nullable: true }

/** Tests schema changes and maintenance, if the storage supports them. */
export function testUpkeep(bench: Bench): void {
  test('unknown columns are added if the options allow it', async () => {
    const table = await bench.table({ columns: COLUMNS, evolveSchema: true })
    await table.append(ids(1), { batchId: 'a' })
    await table.append(batchFromRows([...COLUMNS, MORE], [{ id: 2, more: 'x' }]), { batchId: 'b' })
    const found = await read(table, { columns: ['id', 'more'], orderBy: [{ column: 'id' }] })
    expect(found).toEqual([
      { id: 1, more: null },
      { id: 2, more: 'x' },
    ])
    expect((await table.info()).columns.at(-1)).toMatchObject({ name: 'more', type: 'string', nullable: true })
  })

  test('evolve adds columns and rejects existing ones', async () => {
    const table = await bench.tableWith('evolve')
    await table.append(ids(1), { batchId: 'a' })
    await table.evolve({ add: [MORE] })
    expect((await read(table, { columns: ['more'] }))[0]).toEqual({ more: null })
    await expect(table.evolve({ add: [MORE] })).rejects.toMatchObject({ code: 'SCHEMA' })
    await expect(table.evolve({ widen: [{ column: 'name', to: 'int64' }] })).rejects.toMatchObject({ code: 'SCHEMA' })
    expect(await idsIn(table)).toEqual([1])
  })

  test('optimize, vacuum and analyze do not change the rows', async () => {
    const table = await bench.table()
    bench.needsOneOf(table, 'optimize', 'vacuum', 'analyze')
    for (const at of [5, 3, 4, 1, 2]) await table.append(ids(at), { batchId: `b${at}` })
    const optimized = await table.optimize?.({ clusterColumns: ['id'] })
    if (optimized) expect(optimized.before.files).toBeGreaterThanOrEqual(optimized.after.files)
    if (table.vacuum) expect(await table.vacuum({ dryRun: true })).toMatchObject({ dryRun: true })
    await table.vacuum?.()
    const analyzed = await table.analyze?.()
    if (analyzed) expect(analyzed.rowCount).toBe(5)
    expect(await idsIn(table)).toEqual([1, 2, 3, 4, 5])
    expect((await table.append(ids(6), { batchId: 'b6' })).rowsInserted).toBe(1)
    expect((await table.info()).rowCount).toBe(6)
  })

  test('the expected schema is valid, and differences are named', async () => {
    const storage = await bench.storage()
    const table = await storage.openTable(REF, { columns: COLUMNS })
    bench.needs(table, 'validateSchema')
    await table.append(ids(1), { batchId: 'a' })
    expect(await table.validateSchema()).toEqual({ valid: true, problems: [] })
    const stricter = await storage.openTable(REF, { columns: [...COLUMNS, MORE] })
    expect(await stricter.validateSchema?.()).toMatchObject({ valid: false, problems: [{ column: 'more' }] })
  })

  test('maintenance of a table that does not exist does not create it', async () => {
    const table = await bench.table()
    bench.needsOneOf(table, 'optimize', 'vacuum', 'analyze')
    const optimized = await table.optimize?.()
    if (optimized) expect(optimized.applied).toEqual([])
    if (table.vacuum) expect(await table.vacuum()).toMatchObject({ filesRemoved: 0, bytesFreed: 0 })
    if (table.analyze) expect(await table.analyze()).toMatchObject({ rowCount: 0 })
    if (table.validateSchema) expect(await table.validateSchema()).toEqual({ valid: true, problems: [] })
    expect(await table.info()).toMatchObject({ exists: false, version: -1 })
  })

  test('optimize reports what it skipped, with the reason', async () => {
    const table = await bench.tableWith('optimize')
    for (const at of [1, 2]) await table.append(ids(at), { batchId: `b${at}` })
    const { applied, skipped } = await table.optimize({
      clusterColumns: ['id'],
      partitionColumns: ['name'],
      compression: 'gzip',
      targetFileSizeMb: 1,
    })
    expect(applied.length + skipped.length).toBeGreaterThan(0)
    for (const { name, reason } of skipped)
      expect([name, reason]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)])
    const missing = table.optimize({ clusterColumns: ['nope'] })
    await expect(missing).rejects.toMatchObject({ code: 'SCHEMA' })
    expect(await idsIn(table)).toEqual([1, 2])
  })

  test('batch ids remain after maintenance', async () => {
    const table = await bench.table()
    bench.needsOneOf(table, 'optimize', 'vacuum')
    for (const at of [1, 2, 3]) await table.append(ids(at), { batchId: `b${at}` })
    await table.optimize?.({ clusterColumns: ['id'] })
    await table.vacuum?.()
    expect(await table.append(ids(9), { batchId: 'b2' })).toMatchObject({ alreadyWritten: true, version: 1 })
    expect(await table.findBatch('b3')).toMatchObject({ version: 2, rowsInserted: 1 })
    expect(await idsIn(table)).toEqual([1, 2, 3])
  })

  test('exports contain the rows of the query, in a new file', async () => {
    const table = await bench.tableWith('exportTo')
    const folder = newFolder()
    await table.append(ids(1, 2, 3), { batchId: 'a' })
    for (const format of ['ndjson', 'csv', 'json', 'parquet'] as const) {
      const request = { path: join(folder, `rows.${format}`), format, query: { where: gt('id', 1) } }
      expect(await table.exportTo(request)).toMatchObject({ rows: 2, paths: [request.path] })
      expect((await stat(request.path)).size).toBeGreaterThan(0)
      const again = table.exportTo({ ...request, query: {} })
      await expect(again).rejects.toSatisfy((error) => isWriterError(error))
    }
    const lines = (await readFile(join(folder, 'rows.ndjson'), 'utf8')).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).id).sort()).toEqual([2, 3])
  })
}
