import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { realisticRows } from '@forge/fixtures'
import { openBareTable } from './harness/bare-table.ts'
import type { Bench, BenchContext, Measurement } from './harness/bench.ts'
import { openWriter } from './harness/open-writer.ts'
import { quantile } from './harness/statistics.ts'

/** A p99 needs some hundred samples. The prepared insert of 1,000 rows is slow, and gets few. */
const SIZES = [
  { rows: 10, writesPerRepetition: 60, warmUpWrites: 20, shares: { p50: 0.5, p99: 0.99 } },
  { rows: 1000, writesPerRepetition: 4, warmUpWrites: 4, shares: { p50: 0.5 } },
] as const

/**
 * Time until some rows are durable, against the same rows by one prepared multi-row insert and its commit on a file that the engine
 * has open, without our code. Both take turns; rows are new each time.
 */
export const smallWrite: Bench = {
  name: 'small-write',
  question: 'How long until a few rows are durable?',
  async *run(context) {
    for (const size of SIZES) {
      const names = Object.keys(size.shares).map((name) => `${size.rows} rows, ${name}`)
      if (names.some((name) => context.wants(name))) yield* writesOf(size, context)
    }
  },
}

async function* writesOf(
  { rows: count, writesPerRepetition, warmUpWrites, shares }: (typeof SIZES)[number],
  { directory, repetitions }: BenchContext,
): AsyncGenerator<Measurement> {
  const writer = await openWriter({ path: join(directory, `ours-${count}.duckdb`) })
  const bare = await openBareTable(join(directory, `bare-${count}.duckdb`), count)
  const ours: number[] = []
  const bares: number[] = []
  for (let write = 0; write < warmUpWrites + repetitions * writesPerRepetition; write++) {
    const rows = [...realisticRows(count, { seed: write })]
    const startMs = performance.now()
    await writer.writeLogRows(rows)
    const middleMs = performance.now()
    await bare.insert(rows)
    const endMs = performance.now()
    if (write < warmUpWrites) continue
    ours.push(middleMs - startMs)
    bares.push(endMs - middleMs)
  }
  await writer.close()
  bare.close()
  for (const [name, share] of Object.entries(shares)) {
    const value = quantile(ours, share)
    const against = 'prepared insert + commit'
    yield { case: `${count} rows, ${name}`, value, unit: 'ms', ratio: value / quantile(bares, share), against }
  }
}
