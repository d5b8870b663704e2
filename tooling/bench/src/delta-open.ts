import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { realisticRows } from '@forge/fixtures'
import type { Bench } from './harness/bench.ts'
import { growLog } from './harness/grow-log.ts'
import { DELTA_TABLE, openDeltaWriter, withDeltaTable } from './harness/open-delta-writer.ts'
import { median } from './harness/statistics.ts'
import { repeat, timeMs } from './harness/timing.ts'

const COMMITS = 10_000
const CHECKPOINTS = [COMMITS - 1, COMMITS - 50]

/** Time from nothing to the version, rows and bytes of a table of ten thousand commits, the start of the engine among it. */
export const deltaOpen: Bench = {
  name: 'delta-open',
  question: 'How long does it take to open a table with a long log?',
  async *run({ directory, repetitions }) {
    const path = join(directory, 'lake')
    const table = join(path, DELTA_TABLE.schema, DELTA_TABLE.name)
    const first = await openDeltaWriter({ path })
    await first.writeLogRows(realisticRows(10))
    await first.close()
    const open = async () => median(await repeat(repetitions, () => timeMs(() => openTable(path))))
    const shortMs = await open()
    const against = 'a table of 1 commit'
    yield { case: '1 commit', value: shortMs, unit: 'ms' }
    await growLog(table, COMMITS - 1)
    const longMs = await open()
    yield { case: `${COMMITS} commits, no checkpoint`, value: longMs, unit: 'ms', ratio: longMs / shortMs, against }
    for (const version of CHECKPOINTS) {
      await checkpointAt(path, table, version)
      const name =
        version === COMMITS - 1 ? 'a checkpoint of the last' : `a checkpoint ${COMMITS - 1 - version} before the last`
      const value = await open()
      yield { case: `${COMMITS} commits, ${name}`, value, unit: 'ms', ratio: value / longMs, against: 'no checkpoint' }
    }
  },
}

const openTable = (path: string) => withDeltaTable({ path }, (table) => table.info())

/** Leaves one checkpoint, of that version, whatever was there. */
async function checkpointAt(path: string, table: string, version: number): Promise<void> {
  const nameOf = (at: number, rest: string) => join(table, '_delta_log', `${String(at).padStart(20, '0')}.${rest}`)
  for (const at of CHECKPOINTS) await rm(nameOf(at, 'checkpoint.parquet'), { force: true })
  for (let at = version + 1; at < COMMITS; at++) await rm(nameOf(at, 'json'), { force: true })
  await withDeltaTable({ path }, (each) => each.checkpoint())
  await growLog(table, COMMITS - 1)
}
