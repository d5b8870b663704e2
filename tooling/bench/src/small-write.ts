import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { realisticRows } from '@forge/fixtures'
import { openBareTable } from './harness/bare-table.ts'
import type { Bench } from './harness/bench.ts'
import { openWriter } from './harness/open-writer.ts'
import { quantile } from './harness/statistics.ts'

const ROWS = 10
/** The number of samples per requested repetition: a p99 needs some hundred samples. */
const WRITES_PER_REPETITION = 60
const WARM_UP_WRITES = 20

/**
 * Time until ten rows are durable, against the same rows by one prepared multi-row insert and its commit on a file that the engine
 * has open, without our code. Both take turns; rows are new each time.
 */
export const smallWrite: Bench = {
  name: 'small-write',
  question: 'How long until ten rows are durable?',
  async *run({ directory, repetitions }) {
    const writer = await openWriter({ path: join(directory, 'ours.duckdb') })
    const bare = await openBareTable(join(directory, 'bare.duckdb'), ROWS)
    const ours: number[] = []
    const bares: number[] = []
    for (let write = 0; write < WARM_UP_WRITES + repetitions * WRITES_PER_REPETITION; write++) {
      const rows = [...realisticRows(ROWS, { seed: write })]
      const startMs = performance.now()
      await writer.writeLogRows(rows)
      const middleMs = performance.now()
      await bare.insert(rows)
      const endMs = performance.now()
      if (write < WARM_UP_WRITES) continue
      ours.push(middleMs - startMs)
      bares.push(endMs - middleMs)
    }
    await writer.close()
    bare.close()
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const) {
      const value = quantile(ours, share)
      const against = 'prepared insert + commit'
      yield { case: `10 rows, ${name}`, value, unit: 'ms', ratio: value / quantile(bares, share), against }
    }
  },
}
