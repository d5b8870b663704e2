import { randomUUID } from 'node:crypto'
import { eq, type LogRowInput, type LogTable, type TableSource } from '@forge/writer-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { listPipelines, listRuns, readRunGrids, shareReading, viewRuns } from '../src/index.ts'
import { type Log, NOW, now, onEveryStorage } from './logs.ts'
import { randomRows } from './random-logs.ts'

const STEP = { pipeline_id: 'orders', phase: 'gold', step_name: 'load', success: true } as const

/** Reads everything that an earlier reading may know something of. */
async function readAll(source: TableSource) {
  const list = await listPipelines(source, { runs: 3, now })
  const pipelines = list.pipelines.map(({ pipeline }) => pipeline)
  return {
    list,
    grids: await readRunGrids(source, { pipelines, runs: 3 }),
    runs: await listRuns(source, { limit: 5 }),
    views: await viewRuns(
      source,
      list.pipelines.map(({ lastRun }) => lastRun.runId),
    ),
  }
}

async function removeRun(log: Log, runId: string): Promise<void> {
  const table = await log.source.table()
  await table.delete?.(eq('run_id', runId), { batchId: randomUUID() })
}

onEveryStorage((open, storage) => {
  test('what an earlier reading knew changes no figure, whatever was written or removed since', {
    tags: 'many-cases',
  }, async () => {
    const change = fc.record({ rows: randomRows, removed: fc.constantFrom(undefined, undefined, 'run-1', 'run-3') })
    await fc.assert(
      fc.asyncProperty(randomRows, fc.array(change, { minLength: 1, maxLength: 3 }), async (rows, changes) => {
        await using log = await open()
        await log.write(rows)
        let shared = await shareReading(log.source)
        await readAll(shared)
        for (const { rows: more, removed } of changes) {
          // As many rows come as go: their number alone says nothing.
          if (removed !== undefined) await removeRun(log, removed)
          await log.write(more)
          shared = await shareReading(log.source, { after: shared })
          expect(await readAll(shared)).toEqual(await readAll(log.source))
        }
      }),
      { numRuns: storage === 'delta' ? 4 : 8 },
    )
  })

  test('a run that started later in one of its modes than as a whole counts in what fails since', async () => {
    await using log = await open()
    const step = (
      run_id: string,
      run_mode: 'full_refresh' | 'incremental',
      hour: number,
      success = false,
    ): LogRowInput => ({
      ...STEP,
      ...{ run_id, run_mode, run_started_at: new Date(Date.UTC(2024, 5, 15, hour)), success },
    })
    await log.write([step('run-0', 'full_refresh', 11), step('run-0', 'incremental', 10)])
    await log.write([step('run-1', 'full_refresh', 11, true), step('run-2', 'full_refresh', 12)])
    await log.write([step('run-3', 'incremental', 12)])
    const shared = await readAll(await shareReading(log.source))
    expect(shared).toEqual(await readAll(log.source))
    expect(shared.views).toMatchObject([{ failingSince: { runId: 'run-0', failedRuns: 2 } }])
  })

  test('a run whose rows were replaced by as many others is read again', async () => {
    await using log = await open()
    await log.write([{ ...STEP, run_id: 'same', rows_processed: 1 }])
    const before = await shareReading(log.source)
    expect((await listPipelines(before, { now })).pipelines).toMatchObject([{ lastRun: { rowsProcessed: 1 } }])
    await removeRun(log, 'same')
    await log.write([{ ...STEP, run_id: 'same', rows_processed: 2 }])
    const after = await shareReading(log.source, { after: before })
    expect((await listPipelines(after, { now })).pipelines).toMatchObject([{ lastRun: { rowsProcessed: 2 } }])
  })

  test('only runs with new rows are read again', async () => {
    await using log = await open()
    const runs = Array.from({ length: 20 }, (_none, at): LogRowInput => {
      const start = new Date(NOW.getTime() - at * 3_600_000)
      return { ...STEP, run_id: `run-${at}`, start_time: start, end_time: start }
    })
    await log.write(runs)
    const before = await shareReading(log.source)
    await listPipelines(before, { now })
    await log.write([{ ...STEP, run_id: 'new', start_time: NOW, end_time: NOW }])
    const asked: string[] = []
    const after = await shareReading(
      listening(log.source, (query) => asked.push(query)),
      { after: before },
    )
    const { pipelines } = await listPipelines(after, { now })
    expect(pipelines).toMatchObject([{ lastRun: { runId: 'new' } }])
    expect(pipelines[0]?.strip).toHaveLength(21)
    expect(asked.filter((query) => query.includes('"new"')).length).toBeGreaterThan(0)
    expect(asked.filter((query) => query.includes('"run-3"'))).toEqual([])
  })
})

/** Returns a source that reports the queries for figures. */
function listening(source: TableSource, onQuery: (query: string) => void): TableSource {
  const { config, storage, logger } = source
  const wrap = <Reader extends Pick<LogTable, 'aggregate'>>(reader: Reader): Reader => ({
    ...reader,
    aggregate: (query: Parameters<Reader['aggregate']>[0]) => {
      onQuery(JSON.stringify(query, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
      return reader.aggregate(query)
    },
  })
  return {
    config,
    storage,
    logger,
    companion: source.companion.bind(source),
    async table(asked) {
      const table = await source.table(asked)
      return {
        ...wrap(table),
        ...(table.at && { at: async (version: number | Date) => wrap((await table.at?.(version)) ?? table) }),
      }
    },
  }
}
