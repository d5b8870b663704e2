import { expect, test } from 'vitest'
import { batchFromRows } from '../batch/rows.ts'
import { eq } from '../predicate/build.ts'
import { type Bench, COLUMNS, ids, idsIn, REF, read, rowsOf } from './storage-under-test.ts'

/** Tests what remains after the storage is closed, if the suite can reopen it. */
export function testDurability(bench: Bench): void {
  const reopenTable = async () => (await bench.reopen()).openTable(REF, { columns: COLUMNS })

  test('written rows are there after the storage is reopened', async () => {
    const table = await bench.table()
    await table.append(ids(1, 2), { batchId: 'a' })
    const again = await reopenTable()
    expect(await idsIn(again)).toEqual([1, 2])
    expect(await again.append(ids(9), { batchId: 'a' })).toMatchObject({ alreadyWritten: true, version: 0 })
    expect((await again.append(ids(3), { batchId: 'b' })).version).toBe(1)
  })

  test('changes and their batch ids are there after the storage is reopened', async () => {
    const table = await bench.table()
    await table.append(ids(1, 2, 3), { batchId: 'a' })
    const results = [
      await table.delete?.(eq('id', 1), { batchId: 'deleted' }),
      await table.merge?.(
        rowsOf({ id: 2, name: 'merged' }, { id: 4 }),
        { keys: ['id'], whenMatched: 'update' },
        { batchId: 'merged' },
      ),
      await table.overwrite?.(ids(30), eq('id', 3), { batchId: 'overwritten' }),
    ]
    const [rows, history] = [await read(table), await table.history?.()]
    const again = await reopenTable()
    expect(sortRows(await read(again))).toEqual(sortRows(rows))
    expect(await again.history?.()).toEqual(history)
    for (const [at, batchId] of ['deleted', 'merged', 'overwritten'].entries()) {
      const [found, { version, rowsInserted, rowsUpdated, rowsDeleted } = {}] = [
        await again.findBatch(batchId),
        results[at] ?? {},
      ]
      if (version === undefined) expect(found).toBeUndefined()
      else expect(found).toMatchObject({ version, rowsInserted, rowsUpdated, rowsDeleted })
    }
  })

  test('new columns, and rows from before they were added, are there after the storage is reopened', async () => {
    const table = await bench.table({ columns: COLUMNS, evolveSchema: true })
    await table.append(ids(1), { batchId: 'a' })
    const more = { name: 'more', type: 'string', nullable: true } as const
    await table.append(batchFromRows([COLUMNS[0], more], [{ id: 2, more: '\ufeff' }]), { batchId: 'b' })
    const { columns } = await table.info()
    const again = await reopenTable()
    expect((await again.info()).columns).toEqual(columns)
    expect(await read(again, { columns: ['id', 'more'], orderBy: [{ column: 'id' }] })).toEqual([
      { id: 1, more: null },
      { id: 2, more: '\ufeff' },
    ])
  })

  test('old versions can be read after the storage is reopened', async () => {
    const table = await bench.table()
    bench.needs(table, 'at')
    await table.append(ids(1), { batchId: 'a' })
    await table.append(ids(2), { batchId: 'b' })
    await table.optimize?.()
    const then = await (await reopenTable()).at?.(0)
    expect(then && (await idsIn(then))).toEqual([1])
  })
}

function sortRows(rows: readonly object[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}
