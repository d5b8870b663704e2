import { expect, test } from 'vitest'
import { eq } from '../predicate/build.ts'
import type { LogTable } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { type Bench, COLUMNS, ids, idsIn, REF } from './storage-under-test.ts'

/** Returns the calls of a table that it supports. */
function callsOf(table: LogTable): (() => unknown)[] {
  const commit = { batchId: 'late' }
  return [
    () => table.append(ids(2), commit),
    () => table.info(),
    () => table.aggregate({ measures: [{ as: 'n', fn: 'count' }] }),
    () => idsIn(table),
    () => table.findBatch('a'),
    ...optional(table.overwrite && (() => table.overwrite?.(ids(2), commit))),
    ...optional(table.merge && (() => table.merge?.(ids(2), { keys: ['id'], whenMatched: 'update' }, commit))),
    ...optional(table.delete && (() => table.delete?.(eq('id', 1), commit))),
    ...optional(table.history && (() => table.history?.())),
    ...optional(table.at && (() => table.at?.(0))),
    ...optional(table.restore && (() => table.restore?.(0, commit))),
    ...optional(table.evolve && (() => table.evolve?.({}))),
    ...optional(table.migrate && (() => table.migrate?.())),
    ...optional(table.optimize && (() => table.optimize?.())),
    ...optional(table.vacuum && (() => table.vacuum?.())),
    ...optional(table.analyze && (() => table.analyze?.())),
    ...optional(table.validateSchema && (() => table.validateSchema?.())),
  ]
}

function callsOfStorage(storage: StorageBackend): (() => unknown)[] {
  return [
    () => storage.openTable(REF),
    ...optional(storage.appendAll && (() => storage.appendAll?.([]))),
    ...optional(storage.listTables && (() => storage.listTables?.())),
    ...optional(storage.doctor && (() => storage.doctor?.())),
    ...optional(storage.configureEngine && (() => storage.configureEngine?.({}))),
  ]
}

/** Tests that closed tables and storages reject calls. */
export function testClosing(bench: Bench): void {
  test('a closed table rejects calls, and other tables still work', async () => {
    const storage = await bench.storage()
    const table = await storage.openTable(REF, { columns: COLUMNS })
    await table.append(ids(1), { batchId: 'a' })
    const same = await storage.openTable(REF, { columns: COLUMNS })
    const other = await storage.openTable({ ...REF, name: 'other' }, { columns: COLUMNS })
    await table.close()
    await table.close()
    await expectClosed(callsOf(table))
    expect((await other.append(ids(1), { batchId: 'a' })).version).toBe(0)
    expect((await same.append(ids(2), { batchId: 'b' })).version).toBe(1)
    expect(await idsIn(await storage.openTable(REF, { columns: COLUMNS }))).toEqual([1, 2])
  })

  test('a closed storage rejects every call and can be closed again', async () => {
    const storage = await bench.storage()
    const table = await storage.openTable(REF, { columns: COLUMNS })
    await table.append(ids(1), { batchId: 'a' })
    const then = await table.at?.(0)
    await storage.close()
    await storage.close()
    await expectClosed([...callsOf(table), ...callsOfStorage(storage)])
    if (then) await expectClosed([() => then.info(), () => idsIn(then)])
    await table.close()
  })
}

async function expectClosed(calls: readonly (() => unknown)[]): Promise<void> {
  for (const call of calls) {
    await expect((async () => call())(), String(call)).rejects.toMatchObject({ code: 'TABLE' })
  }
}

function optional<Item>(item: Item | undefined): Item[] {
  return item === undefined ? [] : [item]
}
