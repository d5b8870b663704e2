import { mkdtemp, rm } from 'node:fs/promises'
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
  /** The version of the engine's file; ours has the version of new files, which is faster than the engine's default. */
  readonly engineVersion?: string
}

const CASES: readonly Case[] = [
  { name: '1 row', rows: 1 },
  { name: '10 rows', rows: 10 },
  { name: '1000 rows', rows: 1000 },
  { name: '100000 rows', rows: 100_000 },
  { name: '1000000 rows', rows: 1_000_000 },
  { name: '1000000 rows, the engine in v1.3.0 as well', rows: 1_000_000, engineVersion: 'v1.3.0' },
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
 * into a file of the same machine: in turn, with the same setting of the insertion order, into files that are open and have a row.
 * Large writes get new files each time; small ones, as they come in life, go on in the same file.
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
  const { name, rows: count, uniqueIds = false, preserveInsertionOrder = false, engineVersion } = one
  const rows = [...realisticRows(count, { uniqueIds })]
  using engine = await openEngine({ preserveInsertionOrder })
  await loadSource(engine, directory, rows)
  const isQuick = count <= QUICK_ROWS
  const files = isQuick ? 1 : repetitions + 1
  const times: Pair[] = []
  for (let file = 0; file < files; file++) {
    times.push(
      ...(await compare(engine, rows, {
        directory,
        preserveInsertionOrder,
        engineVersion,
        writes: isQuick ? repetitions * QUICK_FACTOR : 1,
      })),
    )
  }
  const counted = times.slice(1)
  const rate = count / (median(counted.map(({ oursMs }) => oursMs)) / 1000)
  const engineRate = count / (median(counted.map(({ engineMs }) => engineMs)) / 1000)
  return { case: name, value: rate, unit: 'rows/s', ratio: rate / engineRate, against: 'create table as' }
}

interface Pair {
  readonly oursMs: number
  readonly engineMs: number
}

interface CompareOptions {
  readonly directory: string
  readonly preserveInsertionOrder: boolean
  readonly engineVersion: string | undefined
  readonly writes: number
}

/** Writes the rows by our writer and by the engine, in turn, each into one new file. */
async function compare(
  engine: Engine,
  rows: readonly RealisticRow[],
  { directory, preserveInsertionOrder, engineVersion, writes }: CompareOptions,
): Promise<Pair[]> {
  const folder = await mkdtemp(join(directory, 'compare-'))
  const writer = await openWriter({ path: join(folder, 'ours.duckdb'), preserveInsertionOrder })
  const target = await engine.openTarget(join(folder, 'engine.duckdb'), engineVersion)
  try {
    await writer.writeLogRows(realisticRows(1, { seed: 2 }))
    const pairs: Pair[] = []
    for (let write = 0; write < writes; write++) {
      await collectGarbage()
      const oursMs = await timeMs(() => writer.writeLogRows(rows))
      pairs.push({ oursMs, engineMs: await target.createTableAs() })
    }
    return pairs
  } finally {
    await target.close()
    await writer.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The same rows as a table in the engine's memory: what our writer stored, copied. */
async function loadSource(engine: Engine, directory: string, rows: readonly RealisticRow[]): Promise<void> {
  const folder = await mkdtemp(join(directory, 'source-'))
  const path = join(folder, 'source.duckdb')
  const writer = await openWriter({ path })
  await writer.writeLogRows(rows)
  await writer.close()
  await engine.loadSource(path, 'analytics.pipeline_logs')
  await rm(folder, { recursive: true, force: true })
}
