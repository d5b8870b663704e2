import { expect, test } from 'vitest'
import type { LogTable } from '../storage/log-table.ts'
import { type Bench, COLUMNS, ids, REF } from './storage-under-test.ts'

/** A call of a method with options that have an unknown name. */
type Call = (table: LogTable, wrong: object) => unknown

const COMMIT = { batchId: 'b' }
const CALLS: readonly (readonly [name: keyof LogTable & string, call: Call])[] = [
  [
    'scan',
    async (table, wrong) =>
      table
        .scan({ ...wrong })
        [Symbol.asyncIterator]()
        .next(),
  ],
  ['aggregate', (table, wrong) => table.aggregate({ measures: [{ as: 'n', fn: 'count' }], ...wrong })],
  ['append', (table, wrong) => table.append(ids(9), { ...COMMIT, ...wrong })],
  ['appendStream', (table, wrong) => table.appendStream?.([ids(9)], { ...COMMIT, ...wrong })],
  ['overwrite', (table, wrong) => table.overwrite?.(ids(9), { ...COMMIT, ...wrong })],
  ['merge', (table, wrong) => table.merge?.(ids(9), { keys: ['id'], whenMatched: 'update', ...wrong }, COMMIT)],
  ['delete', (table, wrong) => table.delete?.({ op: 'true' }, { ...COMMIT, ...wrong })],
  ['restore', (table, wrong) => table.restore?.(0, { ...COMMIT, ...wrong })],
  ['history', (table, wrong) => table.history?.({ ...wrong })],
  ['evolve', (table, wrong) => table.evolve?.({ ...wrong })],
  ['optimize', (table, wrong) => table.optimize?.({ ...wrong })],
  ['vacuum', (table, wrong) => table.vacuum?.({ ...wrong })],
  ['exportTo', (table, wrong) => table.exportTo?.({ path: '/nowhere/a', format: 'csv', ...wrong })],
]

/** Tests that no method ignores an option whose name is wrong. */
export function testOptions(bench: Bench): void {
  const refusal = (setting: string) => ({
    code: 'CONFIGURATION',
    committed: 'no',
    context: { problems: [expect.objectContaining({ setting })] },
  })

  test.each(CALLS)('%s refuses an option that it does not have', async (name, call) => {
    const table = await bench.table()
    bench.needs(table, name)
    await table.append(ids(1), { batchId: 'a' })
    await expect((async () => call(table, { unknown_name: 1 }))()).rejects.toMatchObject(refusal('unknown_name'))
    expect((await table.info()).rowCount).toBe(1)
  })

  test('a storage refuses options that it does not have', async () => {
    const storage = await bench.storage()
    const wrong = { unknown_name: 1 } as object
    const open = async () => storage.openTable(REF, { columns: COLUMNS, ...wrong })
    await expect(open()).rejects.toMatchObject(refusal('unknown_name'))
    for (const look of [storage.doctor, storage.repair]) {
      if (look) await expect(look.call(storage, { ...wrong })).rejects.toMatchObject(refusal('unknown_name'))
    }
    const configure = async () => storage.configureEngine?.({ ...wrong })
    if (storage.configureEngine) await expect(configure()).rejects.toMatchObject(refusal('unknown_name'))
  })
}
