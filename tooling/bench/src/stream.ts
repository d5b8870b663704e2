import { join } from 'node:path'
import { realisticRows } from '@forge/fixtures'
import type { Bench } from './harness/bench.ts'
import { openWriter } from './harness/open-writer.ts'
import { timeMs } from './harness/timing.ts'
import { watchProcess } from './harness/watch-process.ts'

const ROWS = 10_000_000

/** Ten million rows, made on the way, through `writer.stream()`: a single run, as it is long enough to be its own repetition. */
export const stream: Bench = {
  name: 'stream',
  question: 'Does a long stream stay fast, small and responsive?',
  async *run({ directory }) {
    const writer = await openWriter({ path: join(directory, 'stream.duckdb') })
    await writer.writeLogRows(realisticRows(1, { seed: 2 }))
    const finish = await watchProcess()
    const ms = await timeMs(async () => {
      await using rows = writer.stream()
      await rows.write(realisticRows(ROWS))
    })
    const { peakMb, longestStallMs } = finish()
    await writer.close()
    yield { case: '10000000 rows, rate', value: ROWS / (ms / 1000), unit: 'rows/s' }
    yield { case: '10000000 rows, peak memory above the start', value: peakMb, unit: 'MB' }
    yield { case: '10000000 rows, longest stall', value: longestStallMs, unit: 'ms' }
  },
}
