import { join } from 'node:path'
import { realisticRows } from '@forge/fixtures'
import { and, eq, gte, lt, type Predicate } from '@forge/writer-core'
import type { DeltaTable } from '@forge/writer-storage-delta'
import type { Bench, Measurement } from './harness/bench.ts'
import { openDeltaWriter, withDeltaTable } from './harness/open-delta-writer.ts'
import { median } from './harness/statistics.ts'
import { repeat, timeMs } from './harness/timing.ts'

const APPENDS = 20
const ROWS_PER_APPEND = 50_000
const FILE_MB = 4
const DAY = { from: '2024-01-02T00:00:00Z', to: '2024-01-03T00:00:00Z' }

const WHERE: Predicate = and(eq('pipeline_id', 'pipeline_007'), gte('start_time', DAY.from), lt('start_time', DAY.to))

/** One pipeline on one day, of a table that many appends wrote, each of which spans all pipelines and days: before and after a Z-order by both. */
export const deltaQuery: Bench = {
  name: 'delta-query',
  question: 'How much less does a selective query read after a Z-order?',
  async *run({ directory, repetitions }) {
    const path = join(directory, 'lake')
    const writer = await openDeltaWriter({ path }, { maxFileSizeMb: FILE_MB })
    for (let append = 0; append < APPENDS; append++) {
      await writer.writeLogRows([...realisticRows(ROWS_PER_APPEND, { seed: append })])
    }
    await writer.close()
    yield* await withDeltaTable({ path }, async (table) => {
      const before = await measure(table, repetitions)
      await table.optimize({ clusterColumns: ['pipeline_id', 'start_time'], targetFileSizeMb: FILE_MB })
      return compare(before, await measure(table, repetitions))
    })
  },
}

interface Figures {
  readonly files: number
  readonly megabytes: number
  readonly ms: number
}

async function measure(table: DeltaTable, repetitions: number): Promise<Figures> {
  const { files, sizeBytes } = await table.explain({ where: WHERE })
  const ms = median(await repeat(repetitions, () => timeMs(() => countRows(table))))
  return { files, megabytes: sizeBytes / 1e6, ms }
}

async function countRows(table: DeltaTable): Promise<number> {
  let rows = 0
  for await (const batch of table.scan({ where: WHERE })) rows += batch.rowCount
  return rows
}

function compare(before: Figures, after: Figures): Measurement[] {
  const units = { files: 'files', megabytes: 'MB', ms: 'ms' } as const
  return (['files', 'megabytes', 'ms'] as const).flatMap((figure) => [
    { case: `${units[figure]} before`, value: before[figure], unit: units[figure] },
    {
      case: `${units[figure]} after`,
      value: after[figure],
      unit: units[figure],
      ratio: after[figure] / before[figure],
      against: 'before the Z-order',
    },
  ])
}
