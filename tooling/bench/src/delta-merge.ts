import { join } from 'node:path'
import { type RealisticRow, realisticRows } from '@forge/fixtures'
import type { Bench } from './harness/bench.ts'
import { openCopyPeer } from './harness/copy-peer.ts'
import { DELTA_TABLE, openDeltaWriter } from './harness/open-delta-writer.ts'
import { median } from './harness/statistics.ts'
import { repeat, timeMs } from './harness/timing.ts'

const ROWS = 1_000_000
const MERGED = 1000
const KEYS = ['run_id', 'execution_id', 'step_name']

/**
 * Measures the time until a thousand rows, half of them existing and half new, are merged into a million: rows of consecutive runs, as in practice,
 * and rows from everywhere. It is compared with the engine's `copy` of the whole table, which is the cost of a merge that writes everything again.
 */
export const deltaMerge: Bench = {
  name: 'delta-merge',
  question: 'How long does it take to merge a few rows into many?',
  async *run({ directory, repetitions }) {
    const path = join(directory, 'lake')
    const rows = [...realisticRows(ROWS)]
    const writer = await openDeltaWriter({ path }, { writeMode: 'append' })
    await writer.writeLogRows(rows)
    await writer.close()
    using peer = await openCopyPeer(join(path, DELTA_TABLE.schema, DELTA_TABLE.name, '*.parquet'))
    const copyMs = median(await repeat(repetitions, () => peer.copy(join(directory, 'copy.parquet'))))
    const merging = await openDeltaWriter({ path }, { writeMode: 'merge', mergeKeys: KEYS })
    try {
      for (const [name, known] of Object.entries({
        'of the newest runs': newest(rows),
        'from everywhere': spread(rows),
      })) {
        const times = await repeat(repetitions, (repetition) => {
          const fresh = [...realisticRows(MERGED / 2, { seed: 1000 + repetition })]
          return timeMs(() => merging.writeLogRows([...known, ...fresh]))
        })
        const value = median(times)
        yield { case: `${MERGED} rows ${name}`, value, unit: 'ms', ratio: value / copyMs, against: 'copy of all rows' }
      }
    } finally {
      await merging.close()
    }
  },
}

const newest = (rows: readonly RealisticRow[]) => rows.slice(-MERGED / 2)
const spread = (rows: readonly RealisticRow[]) => rows.filter((_row, at) => at % (ROWS / (MERGED / 2)) === 0)
