import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { realisticRows } from '@forge/fixtures'
import type { Bench } from './harness/bench.ts'
import { openCopyPeer } from './harness/copy-peer.ts'
import { DELTA_TABLE, openDeltaWriter, withDeltaTable } from './harness/open-delta-writer.ts'
import { median } from './harness/statistics.ts'
import { timeMs } from './harness/timing.ts'
import { watchProcess } from './harness/watch-process.ts'

const FILES = 1000
const ROWS_PER_FILE = 500

/** A thousand small files into few, each time from a copy of the same table; against the engine's `copy` of the same rows from its memory. */
export const deltaOptimize: Bench = {
  name: 'delta-optimize',
  question: 'How fast, and in how much memory, are small files packed?',
  async *run({ directory, repetitions }) {
    const original = join(directory, 'original')
    const writer = await openDeltaWriter({ path: original })
    for (let file = 0; file < FILES; file++) {
      await writer.writeLogRows([...realisticRows(ROWS_PER_FILE, { seed: file })])
    }
    await writer.close()
    const times: number[] = []
    const peaks: number[] = []
    for (let repetition = 0; repetition <= repetitions; repetition++) {
      const path = join(directory, `copy-${repetition}`)
      await cp(original, path, { recursive: true })
      const finish = await watchProcess()
      const ms = await withDeltaTable({ path }, (table) => timeMs(() => table.optimize()))
      const { peakMb } = finish()
      if (repetition === 0) continue
      times.push(ms)
      peaks.push(peakMb)
    }
    using peer = await openCopyPeer(join(original, DELTA_TABLE.schema, DELTA_TABLE.name, '*.parquet'))
    await peer.copy(join(directory, 'warm-up.parquet'))
    const copyMs = await peer.copy(join(directory, 'copy.parquet'))
    const rows = FILES * ROWS_PER_FILE
    const value = rows / (median(times) / 1000)
    yield { case: `${FILES} files`, value, unit: 'rows/s', ratio: copyMs / median(times), against: 'copy' }
    yield { case: `${FILES} files, peak memory above the start`, value: Math.max(...peaks), unit: 'MB' }
  },
}
