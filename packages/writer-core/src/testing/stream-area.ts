import { expect, test } from 'vitest'
import type { LogBatch } from '../batch/log-batch.ts'
import { type Bench, ids, idsIn } from './storage-under-test.ts'

/** Tests appends of streams, if the storage supports them. */
export function testStreams(bench: Bench): void {
  test('a stream of batches is one version', async () => {
    const table = await bench.tableWith('appendStream')
    const result = await table.appendStream(streamOf(ids(1, 2), ids(), ids(3)), { batchId: 'a' })
    expect(result).toMatchObject({ version: 0, rowsWritten: 3, rowsInserted: 3, alreadyWritten: false })
    expect(await idsIn(table)).toEqual([1, 2, 3])
    expect(await table.findBatch('a')).toMatchObject({ rowsInserted: 3 })
  })

  test('a stream without batches adds a version', async () => {
    const table = await bench.tableWith('appendStream')
    expect(await table.appendStream(streamOf(), { batchId: 'a' })).toMatchObject({ version: 0, rowsWritten: 0 })
    expect(await table.info()).toMatchObject({ exists: true, rowCount: 0 })
    expect(await table.append(ids(1), { batchId: 'b' })).toMatchObject({ version: 1 })
    expect(await idsIn(table)).toEqual([1])
  })

  test('a repeated batch id stores nothing of the stream', async () => {
    const table = await bench.tableWith('appendStream')
    await table.append(ids(1), { batchId: 'a' })
    const again = await table.appendStream(streamOf(ids(2)), { batchId: 'a' })
    expect(again).toMatchObject({ version: 0, alreadyWritten: true, rowsWritten: 1 })
    expect(await idsIn(table)).toEqual([1])
  })

  test('a batch may reuse the memory of the previous one', async () => {
    const table = await bench.tableWith('appendStream')
    const shared = ids(1, 2, 3)
    const values = shared.vectors[0]?.values as BigInt64Array
    const inPlace = function* () {
      for (const first of [1n, 4n, 7n]) {
        for (const at of values.keys()) values[at] = first + BigInt(at)
        yield shared
      }
    }
    await table.appendStream(inPlace(), { batchId: 'a' })
    expect(await idsIn(table)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('an error of the source is rethrown, and nothing is stored', async () => {
    const table = await bench.tableWith('appendStream')
    await table.append(ids(1), { batchId: 'a' })
    const broken = new Error('the source broke')
    await expect(table.appendStream(streamOf(ids(2), broken), { batchId: 'b' })).rejects.toThrow('the source broke')
    expect(await idsIn(table)).toEqual([1])
    expect(await table.findBatch('b')).toBeUndefined()
    expect(await table.append(ids(3), { batchId: 'b' })).toMatchObject({ version: 1 })
  })
}

function* streamOf(...parts: readonly (LogBatch | Error)[]): Generator<LogBatch> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield part
  }
}
