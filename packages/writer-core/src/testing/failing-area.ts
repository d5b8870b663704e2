import { expect, test } from 'vitest'
import type { LogBatch } from '../batch/log-batch.ts'
import { batchFromRows } from '../batch/rows.ts'
import { gt } from '../predicate/build.ts'
import type { LogTable } from '../storage/log-table.ts'
import { type Bench, COLUMNS, ids, idsIn, read } from './storage-under-test.ts'

const [id, name, secs] = COLUMNS
const anyId = { ...id, nullable: true }

/** Batches that a table of {@link COLUMNS} rejects. */
const WRONG: readonly (readonly [string, LogBatch])[] = [
  ['a column that the table lacks', batchFromRows([id, { ...name, name: 'more' }], [{ id: 2, more: 'x' }])],
  ['a column whose name differs in case', batchFromRows([id, { ...name, name: 'NAME' }], [{ id: 2, NAME: 'x' }])],
  ['a null in a column that must have values', batchFromRows([anyId, name], [{ id: 2 }, { name: 'x' }])],
  ['a missing column that must have values', batchFromRows([name], [{ name: 'x' }])],
  ['text for whole numbers', batchFromRows([{ ...name, name: 'id' }], [{ id: '2' }])],
  ['numbers for text', batchFromRows([id, { ...secs, name: 'name' }], [{ id: 2, name: 2.5 }])],
  ['text for booleans', batchFromRows([id, { ...name, name: 'ok' }], [{ id: 2, ok: 'true' }])],
  ['text that is not JSON', batchFromRows([id, { ...name, name: 'extra' }], [{ id: 2, extra: '{' }])],
]

const WRITES: readonly (readonly [keyof LogTable, (table: LogTable, batch: LogBatch, batchId: string) => unknown])[] = [
  ['append', (table, batch, batchId) => table.append(batch, { batchId })],
  ['overwrite', (table, batch, batchId) => table.overwrite?.(batch, { batchId })],
  ['overwrite', (table, batch, batchId) => table.overwrite?.(batch, gt('id', 0), { batchId })],
  ['merge', (table, batch, batchId) => table.merge?.(batch, { keys: ['id'], whenMatched: 'update' }, { batchId })],
  ['appendStream', (table, batch, batchId) => table.appendStream?.(inTwo(ids(7), batch), { batchId })],
]

/** Tests that a rejected write leaves nothing behind. */
export function testFailingWrites(bench: Bench): void {
  for (const [method, write] of WRITES) {
    test.for(WRONG)(`${method} with %s is rejected and leaves no trace`, async ([, batch]) => {
      const table = await bench.table()
      bench.needs(table, method)
      await table.append(ids(1), { batchId: 'a' })
      const before = await traceOf(table)
      await expect(write(table, batch, 'b')).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
      expect(await traceOf(table)).toEqual(before)
      expect(await table.append(ids(3), { batchId: 'b' })).toMatchObject({ alreadyWritten: false, version: 1 })
      expect(await idsIn(table)).toEqual([1, 3])
    })
  }

  test('a rejected first write creates no table', async () => {
    const storage = await bench.storage()
    const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
    const [, batch] = WRONG[2] ?? []
    if (batch) await expect(table.append(batch, { batchId: 'a' })).rejects.toMatchObject({ code: 'SCHEMA' })
    expect(await table.info()).toMatchObject({ exists: false, version: -1 })
    expect((await storage.listTables?.()) ?? []).toEqual([])
    expect(await table.append(ids(1), { batchId: 'a' })).toMatchObject({ version: 0 })
  })

  test('a condition on a missing column changes nothing', async () => {
    const table = await bench.table()
    await table.append(ids(1), { batchId: 'a' })
    const before = await traceOf(table)
    const where = gt('nope', 1)
    for (const change of [
      table.delete?.(where, { batchId: 'b' }),
      table.overwrite?.(ids(2), where, { batchId: 'c' }),
    ]) {
      if (change) await expect(change).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
    }
    expect(await traceOf(table)).toEqual(before)
  })
}

function* inTwo(first: LogBatch, second: LogBatch): Generator<LogBatch> {
  yield first
  yield second
}

async function traceOf(table: LogTable) {
  const { exists, version, rowCount, columns } = await table.info()
  const batch = await table.findBatch('b')
  const history = await table.history?.()
  return { exists, version, rowCount, columns, batch, history, rows: await read(table) }
}
