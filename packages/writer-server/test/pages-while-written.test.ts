import { rm } from 'node:fs/promises'
import { createLogWriter, type LogTable, type TableReader, type TableSource } from '@forge/writer-core'
import { deltaStorage } from '@forge/writer-storage-delta'
import { expect, test } from 'vitest'
import { createServerHandler } from '../src/index.ts'
import { openDashboard, STORAGES } from './dashboard.ts'

const NEWEST = { 'cache-control': 'max-age=0' }
const ROW = { phase: 'gold', step_name: 'load' } as const

/** Reads of a source: how often each kind was asked for, and a gate that they wait at. */
interface Reads {
  aggregates: number
  scans: number
  gate: Promise<void>
}

/** Returns the source with its reads counted, and held up by a gate. */
function countReads(source: TableSource): { readonly source: TableSource; readonly reads: Reads } {
  const reads: Reads = { aggregates: 0, scans: 0, gate: Promise.resolve() }
  const countedReader = (reader: TableReader): TableReader => ({
    info: () => reader.info(),
    async aggregate(query) {
      reads.aggregates++
      await reads.gate
      return reader.aggregate(query)
    },
    async *scan(query) {
      reads.scans++
      await reads.gate
      yield* reader.scan(query)
    },
  })
  const countedTable = (table: LogTable): LogTable => ({
    ...table,
    ...countedReader(table),
    ...(table.at && { at: async (version) => countedReader((await table.at?.(version)) ?? table) }),
  })
  const { config, storage, logger } = source
  return {
    reads,
    source: {
      config,
      storage,
      logger,
      table: async (asked) => countedTable(await source.table(asked)),
      companion: (suffix, columns) => source.companion(suffix, columns),
    },
  }
}

const rowsOf = (pipeline: string, runs: number, from = 0) =>
  Array.from({ length: runs }, (_none, at) => {
    const start = Date.UTC(2026, 1, 1) + (from + at) * 3_600_000
    return {
      ...ROW,
      run_id: `${pipeline}-${from + at}`,
      pipeline_id: pipeline,
      start_time: new Date(start),
      end_time: new Date(start + 60_000),
      duration_secs: 60,
      rows_processed: 100,
    }
  })

test.each(STORAGES)(
  'on %s, nobody waits for a page while the table changes, and who asks for the newest gets it',
  async (storage) => {
    await using dashboard = await openDashboard({ storage })
    await dashboard.write(rowsOf('a', 3))
    const { source, reads } = countReads(dashboard.writer)
    const handler = createServerHandler(source)
    const get = async (headers: Record<string, string> = {}) => {
      const request = new Request('http://localhost:4774/', { headers: { host: 'localhost:4774', ...headers } })
      return (await handler.fetch(request)).text()
    }
    const first = await get()
    expect(first).toContain('3 runs')
    let open: () => void = () => undefined
    reads.gate = new Promise((resolve) => {
      open = resolve
    })
    await dashboard.write(rowsOf('a', 2, 3))
    // The page of the next state is computed behind the gate; readers get the last whole one.
    expect(await get()).toBe(first)
    expect(await get()).toBe(first)
    const newest = Promise.all([get(NEWEST), get({ 'cache-control': 'no-cache' })])
    open()
    for (const page of await newest) expect(page).toContain('5 runs')
    expect(await get()).toContain('5 runs')
    handler.close()
  },
)

test('what was expected of a pipeline is learned again only after a write to it', async () => {
  await using dashboard = await openDashboard({ storage: 'duckdb' })
  await dashboard.write([...rowsOf('a', 60), ...rowsOf('b', 60)])
  const { source, reads } = countReads(dashboard.writer)
  const handler = createServerHandler(source)
  const scansOf = async (path: string) => {
    reads.scans = 0
    const request = new Request(`http://localhost:4774${path}`, { headers: { host: 'localhost:4774', ...NEWEST } })
    expect((await handler.fetch(request)).status).toBe(200)
    return reads.scans
  }
  const learned = await scansOf('/p/a')
  expect(learned).toBeGreaterThan(0)
  await dashboard.write(rowsOf('b', 1, 60))
  expect(await scansOf('/p/a')).toBeLessThan(learned)
  await dashboard.write(rowsOf('a', 1, 60))
  expect(await scansOf('/p/a')).toBe(learned)
  handler.close()
})

test('the pages of runs, steps and comparisons read less than the page of the pipeline', async () => {
  await using dashboard = await openDashboard()
  await dashboard.write([...rowsOf('a', 20), ...rowsOf('b', 20)])
  const { source, reads } = countReads(dashboard.writer)
  const countOf = async (path: string) => {
    const handler = createServerHandler(source)
    reads.aggregates = 0
    const response = await handler.fetch(
      new Request(`http://localhost:4774${path}`, { headers: { host: 'localhost:4774' } }),
    )
    expect({ path, status: response.status }).toEqual({ path, status: 200 })
    handler.close()
    return reads.aggregates
  }
  const all = await countOf('/p/a')
  for (const path of ['/r/a-19', '/compare?a=a-3&b=a-19']) expect(await countOf(path)).toBeLessThan(0.7 * all)
  expect(await countOf('/s/a/gold/load')).toBeLessThanOrEqual(all)
})

test('a Delta table that was removed and created again with the same version and as many rows is a new state', async () => {
  await using dashboard = await openDashboard({ storage: 'delta' })
  const row = { ...ROW, pipeline_id: 'p', start_time: '2026-03-01T00:00:00Z' }
  await dashboard.write([{ ...row, run_id: 'run-1' }])
  const before = await dashboard.json('/table')
  expect(before).toMatchObject({ version: 0, rows: 1 })
  await rm(dashboard.path, { recursive: true })
  const storage = deltaStorage({ path: dashboard.path })
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
  const writer = await createLogWriter({ storage, config })
  await writer.writeLogRows([{ ...row, run_id: 'run-2' }])
  await writer.close()
  await storage.close()
  expect(await dashboard.json('/table')).toMatchObject({ version: 0, rows: 1 })
  expect(await dashboard.json('/table')).not.toEqual(before)
  expect(await dashboard.json('/runs')).toMatchObject({ runs: [{ runId: 'run-2' }] })
  expect(await (await dashboard.get('/r/run-2')).text()).toContain('run-2')
})
