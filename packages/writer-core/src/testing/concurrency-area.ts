import { expect, test } from 'vitest'
import { gte, lt } from '../predicate/build.ts'
import { type Bench, COLUMNS, ids, idsIn, REF, read, rowsOf } from './storage-under-test.ts'

const TEN = Array.from({ length: 10 }, (_none, at) => at)

/** Tests concurrent calls through several handles. */
export function testConcurrency(bench: Bench): void {
  async function handles() {
    const storage = await bench.storage()
    const open = () => storage.openTable(REF, { columns: COLUMNS })
    return [await open(), await open()] as const
  }

  test('concurrent first writes create one table', async () => {
    const [one, two] = await handles()
    const writes = TEN.map((at) => (at % 2 === 0 ? one : two).append(ids(at), { batchId: `b${at}` }))
    const versions = (await Promise.all(writes)).map(({ version }) => version)
    expect(versions.sort((a, b) => a - b)).toEqual(TEN)
    expect(await idsIn(two)).toEqual(TEN)
  })

  test('concurrent merges of one key leave one row, which is that of one of the merges', async () => {
    const [one, two] = await handles()
    bench.needs(one, 'merge')
    bench.needs(two, 'merge')
    const options = { keys: ['id'], whenMatched: 'update' } as const
    const merges = TEN.map((at) =>
      (at % 2 === 0 ? one : two).merge?.(rowsOf({ id: 1, secs: at }), options, { batchId: `b${at}` }),
    )
    const results = await Promise.all(merges)
    expect(results.reduce((sum, result) => sum + (result?.rowsInserted ?? 0), 0)).toBe(1)
    expect(await read(one)).toHaveLength(1)
  })

  test('deletes that run with appends remove only matching rows', async () => {
    const [one, two] = await handles()
    bench.needs(two, 'delete')
    await one.append(ids(100, 101, 102), { batchId: 'start' })
    const results = await Promise.all([
      ...TEN.map((at) => one.append(ids(at), { batchId: `b${at}` })),
      two.delete(gte('id', 100), { batchId: 'd1' }),
      two.delete(lt('id', -1), { batchId: 'd2' }),
    ])
    expect(results.reduce((sum, { rowsDeleted }) => sum + rowsDeleted, 0)).toBe(3)
    expect(await idsIn(one)).toEqual(TEN)
    expect((await two.info()).rowCount).toBe(10)
  })

  test('maintenance that runs with appends loses no row', async () => {
    const [one, two] = await handles()
    bench.needsOneOf(two, 'optimize', 'vacuum')
    await one.append(ids(100), { batchId: 'start' })
    await Promise.all([
      ...TEN.map((at) => one.append(ids(at), { batchId: `b${at}` })),
      two.optimize?.({ clusterColumns: ['id'] }),
      two.vacuum?.(),
    ])
    expect(await idsIn(two)).toEqual([...TEN, 100])
  })

  test('a reader sees complete versions while others write', async () => {
    const [one, two] = await handles()
    await one.append(ids(), { batchId: 'start' })
    const writes = TEN.map((at) => one.append(ids(at, at, at), { batchId: `b${at}` }))
    for (let at = 0; at < 5; at++) expect((await idsIn(two)).length % 3).toBe(0)
    await Promise.all(writes)
    expect(await idsIn(two)).toHaveLength(30)
  })
}
