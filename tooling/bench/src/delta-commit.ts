import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { realisticRows } from '@forge/fixtures'
import type { LogWriter } from '@forge/writer-core'
import type { Bench } from './harness/bench.ts'
import { growLog } from './harness/grow-log.ts'
import { DELTA_TABLE, openDeltaWriter, withDeltaTable } from './harness/open-delta-writer.ts'
import { quantile } from './harness/statistics.ts'

const VERSIONS = [10, 1000, 10_000]
const ROWS = 10
/** The number of samples per requested repetition: a p99 needs some hundred samples, including checkpoints. */
const WRITES_PER_REPETITION = 60
const WARM_UP_WRITES = 20

/**
 * Time until ten rows are committed and durable, into tables with logs of different lengths, which take turns. Each writer has opened its table
 * before; the checkpoint that comes every hundred commits is among the writes.
 */
export const deltaCommit: Bench = {
  name: 'delta-commit',
  question: 'Does an append stay as fast when the log gets long?',
  async *run({ directory, repetitions }) {
    const writers = new Map<number, LogWriter>()
    for (const version of VERSIONS) writers.set(version, await writerAt(join(directory, String(version)), version))
    const times = new Map<number, number[]>(VERSIONS.map((version) => [version, []]))
    for (let write = 0; write < WARM_UP_WRITES + repetitions * WRITES_PER_REPETITION; write++) {
      const rows = [...realisticRows(ROWS, { seed: write })]
      for (const [at] of VERSIONS.entries()) {
        // Who comes first in a turn finds colder caches.
        const version = VERSIONS[(at + write) % VERSIONS.length] ?? 0
        const writer = writers.get(version)
        const startMs = performance.now()
        await writer?.writeLogRows(rows)
        if (write >= WARM_UP_WRITES) times.get(version)?.push(performance.now() - startMs)
      }
    }
    for (const writer of writers.values()) await writer.close()
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const) {
      const figures = VERSIONS.map((version) => quantile(times.get(version) ?? [], share))
      for (const [at, version] of VERSIONS.entries()) {
        const value = figures[at] ?? 0
        const against = `version ${VERSIONS[0]}`
        yield {
          case: `10 rows at version ${version}, ${name}`,
          value,
          unit: 'ms',
          ratio: value / (figures[0] ?? 1),
          against,
        }
      }
    }
  },
}

/** A writer whose table is at that version, with a checkpoint of it. */
async function writerAt(path: string, version: number): Promise<LogWriter> {
  const first = await openDeltaWriter({ path })
  await first.writeLogRows(realisticRows(ROWS, { seed: 1 }))
  await first.close()
  await growLog(join(path, DELTA_TABLE.schema, DELTA_TABLE.name), version)
  await withDeltaTable({ path }, (table) => table.checkpoint())
  return openDeltaWriter({ path })
}
