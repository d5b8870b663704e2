import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type RealisticRow, realisticRows } from '@forge/fixtures'
import type { Bench, BenchContext, Measurement } from './harness/bench.ts'
import { type Engine, openEngine } from './harness/engine.ts'
import { openWriter } from './harness/open-writer.ts'
import { median } from './harness/statistics.ts'
import { collectGarbage, timeMs } from './harness/timing.ts'

interface Case {
  readonly name: string
  readonly rows: number
  readonly uniqueIds?: boolean
  readonly preserveInsertionOrder?: boolean
}

const CASES: readonly Case[] = [
  { name: '1 row', rows: 1 },
  { name: '10 rows', rows: 10 },
  { name: '1000 rows', rows: 1000 },
  { name: '100000 rows', rows: 100_000 },
  { name: '1000000 rows', rows: 1_000_000 },
  { name: '100000 rows, unique ids', rows: 100_000, uniqueIds: true },
  { name: '1000000 rows, unique ids', rows: 1_000_000, uniqueIds: true },
  { name: '100000 rows, order kept', rows: 100_000, preserveInsertionOrder: true },
  { name: '1000000 rows, order kept', rows: 1_000_000, preserveInsertionOrder: true },
]
/** Writes of few rows are repeated more often: one of them is shorter than the noise. */
const QUICK_ROWS = 10_000
const QUICK_FACTOR = 10

/**
 * Rows a second of `writeLogRows`, validated and durable, against the engine's own `create table as` of the same rows from memory
 * into a file of the same machine. Both with the same setting of the insertion order, in turn, each time into a new file that is
 * already open and to which one row was written.
 */
export const ingest: Bench = {
  name: 'ingest',
  question: 'How many rows a second does writeLogRows store?',
  async *run(context) {
    for (const one of CASES) {
      if (context.wants(one.name)) yield await measure(one, context)
    }
  },
}

async function measure(one: Case, { directory, repetitions }: BenchContext): Promise<Measurement> {
  const { name, rows: count, uniqueIds = false, preserveInsertionOrder = false } = one
  const rows = [...realisticRows(count, { uniqueIds })]
  using engine = await openEngine({ preserveInsertionOrder })
  const ours: number[] = []
  const engines: number[] = []
  const total = count <= QUICK_ROWS ? repetitions * QUICK_FACTOR : repetitions
  for (let repetition = 0; repetition <= total; repetition++) {
    const path = join(directory, `written-${repetition}.duckdb`)
    const written = await writeOnce(path, rows, preserveInsertionOrder)
    if (repetition === 0) await engine.loadSource(path, 'analytics.pipeline_logs')
    const created = await createOnce(engine, join(directory, `created-${repetition}.duckdb`))
    await rm(path, { force: true })
    if (repetition === 0) continue
    ours.push(written)
    engines.push(created)
  }
  const rate = count / (median(ours) / 1000)
  const engineRate = count / (median(engines) / 1000)
  return { case: name, value: rate, unit: 'rows/s', ratio: rate / engineRate, against: 'create table as' }
}

async function writeOnce(path: string, rows: readonly RealisticRow[], keepOrder: boolean): Promise<number> {
  const writer = await openWriter({ path, preserveInsertionOrder: keepOrder })
  try {
    await writer.writeLogRows(realisticRows(1, { seed: 2 }))
    collectGarbage()
    return await timeMs(() => writer.writeLogRows(rows))
  } finally {
    await writer.close()
  }
}

async function createOnce(engine: Engine, path: string): Promise<number> {
  const ms = await engine.createTableAs(path, 'pipeline_logs')
  await rm(path, { force: true })
  return ms
}
