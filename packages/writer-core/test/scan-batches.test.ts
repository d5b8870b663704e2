import {
  batchFromRows,
  batchRows,
  type ColumnDefinition,
  eq,
  gt,
  isWriterError,
  type LogBatch,
  type ScanQuery,
} from '@forge/writer-core'
import { scanBatches } from '@forge/writer-core/storage'
import { expect, test } from 'vitest'

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'name', type: 'string', nullable: true },
  { name: 'secs', type: 'double', nullable: true },
]

function batch(...rows: [id: number, name?: string | null, secs?: number | null][]): LogBatch {
  return batchFromRows(
    COLUMNS,
    rows.map(([id, name = null, secs = null]) => ({ id, name, secs })),
  )
}

const BATCHES = [batch([1, 'b', 2], [2, null, 1]), batch([3, 'a', Number.NaN], [4, '🎉']), batch([5, '\uffff', 3])]

async function scan(query: ScanQuery, batches: Iterable<LogBatch> | AsyncIterable<LogBatch> = BATCHES) {
  const parts: LogBatch[] = []
  for await (const part of scanBatches(batches, query, COLUMNS)) parts.push(part)
  return parts
}

async function ids(query: ScanQuery): Promise<unknown[]> {
  return (await scan(query)).flatMap((part) => [...batchRows(part)].map(({ id }) => id))
}

test('a scan without a query returns all rows unchanged', async () => {
  expect(await ids({})).toEqual([1, 2, 3, 4, 5])
  expect((await scan({})).map(({ rowCount }) => rowCount)).toEqual([2, 2, 1])
})

test('columns have the requested order and may differ from those of the condition', async () => {
  const [first] = await scan({ columns: ['secs', 'id'], where: eq('name', 'a'), orderBy: [{ column: 'name' }] })
  expect(first && [...batchRows(first)]).toEqual([{ secs: Number.NaN, id: 3 }])
  expect(first?.columns.map(({ name }) => name)).toEqual(['secs', 'id'])
})

test('rows for which the condition is unknown do not match', async () => {
  expect(await ids({ where: gt('secs', 1) })).toEqual([1, 3, 5])
})

test('nulls are last in both directions by default', async () => {
  expect(await ids({ orderBy: [{ column: 'name' }] })).toEqual([3, 1, 5, 4, 2])
  expect(await ids({ orderBy: [{ column: 'name', descending: true }] })).toEqual([4, 5, 1, 3, 2])
  expect(await ids({ orderBy: [{ column: 'secs', descending: true, nulls: 'first' }] })).toEqual([4, 3, 5, 1, 2])
})

test('later order columns decide between equal rows, and the order is stable', async () => {
  const rows = [batch([1, 'a', 2], [2, 'b', 1]), batch([3, 'a', 1], [4, 'a', 2])]
  const parts = await scan({ orderBy: [{ column: 'name' }, { column: 'secs' }] }, rows)
  expect(parts.flatMap((part) => [...batchRows(part)].map(({ id }) => id))).toEqual([3, 1, 4, 2])
})

test('limit and offset count rows across batches', async () => {
  expect(await ids({ limit: 2, offset: 1 })).toEqual([2, 3])
  expect(await ids({ limit: 2, offset: 4 })).toEqual([5])
  expect(await ids({ limit: 0 })).toEqual([])
  expect(await ids({ offset: 9 })).toEqual([])
  expect(await ids({ orderBy: [{ column: 'id', descending: true }], limit: 2, offset: 1 })).toEqual([4, 3])
})

test('no batch has more rows than requested', async () => {
  const parts = await scan({ batchRows: 2, orderBy: [{ column: 'id' }] })
  expect(parts.map(({ rowCount }) => rowCount)).toEqual([2, 2, 1])
})

test('an order with a limit does not keep all rows in memory', async () => {
  const most: number[] = []
  async function* many(): AsyncGenerator<LogBatch> {
    for (let at = 0; at < 40; at++) {
      most.push(at)
      yield batchFromRows(
        COLUMNS,
        Array.from({ length: 1000 }, (_none, row) => ({ id: ((at * 1000 + row) * 7919) % 40_000 })),
      )
    }
  }
  const parts = await scan({ orderBy: [{ column: 'id' }], limit: 3 }, many())
  expect(parts.flatMap((part) => [...batchRows(part)].map(({ id }) => id))).toEqual([0, 1, 2])
  expect(most).toHaveLength(40)
})

test('a scan stops reading its source when the limit is reached', async () => {
  let taken = 0
  let isClosed = false
  async function* endless(): AsyncGenerator<LogBatch> {
    try {
      for (;;) {
        taken++
        yield batch([taken])
      }
    } finally {
      isClosed = true
    }
  }
  await scan({ limit: 3 }, endless())
  expect([taken, isClosed]).toEqual([3, true])
})

test('an aborted scan stops', async () => {
  const controller = new AbortController()
  const parts = scanBatches(BATCHES, { signal: controller.signal }, COLUMNS)
  await parts.next()
  controller.abort()
  await expect(parts.next()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
})

test('columns that a batch lacks are null', async () => {
  const old = batchFromRows(COLUMNS.slice(0, 1), [{ id: 6 }])
  const parts = await scan({ orderBy: [{ column: 'id', descending: true }] }, [...BATCHES, old])
  expect([...batchRows(parts[0] ?? old)][0]).toEqual({ id: 6, name: null, secs: null })
  const found = await scan({ where: eq('name', 'x') }, [old])
  expect(found).toEqual([])
})

test.each<[string, ScanQuery, string]>([
  ['unknown columns', { columns: ['id', 'x'] }, 'SCHEMA'],
  ['orders by unknown columns', { orderBy: [{ column: 'x' }] }, 'SCHEMA'],
  ['conditions on unknown columns', { where: eq('x', 1) }, 'SCHEMA'],
  ['limits below zero', { limit: -1 }, 'CONFIGURATION'],
  ['offsets that are not whole', { offset: 0.5 }, 'CONFIGURATION'],
  ['batches of no rows', { batchRows: 0 }, 'CONFIGURATION'],
])('%s are rejected', (_what, query, code) => {
  const start = () => scanBatches(BATCHES, query, COLUMNS)
  expect(start).toThrow(expect.objectContaining({ code }))
  expect(start).toThrow(expect.toSatisfy(isWriterError))
})
