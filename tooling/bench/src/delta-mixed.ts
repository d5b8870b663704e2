import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { batchFromRows, type ColumnDefinition, type LogBatch } from '@forge/writer-core'
import { emptyBatch } from '@forge/writer-core/storage'
import { type DeltaTable, deltaStorage } from '@forge/writer-storage-delta'
import type { Bench } from './harness/bench.ts'
import { DELTA_TABLE } from './harness/open-delta-writer.ts'
import { quantile } from './harness/statistics.ts'

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'pipeline_id', type: 'string', nullable: false },
  { name: 'id', type: 'int64', nullable: false },
]
const WRITERS = 8
/** The number of samples per requested repetition. */
const WRITES_PER_REPETITION = 20
const ROWS = 10

type Layout = 'files' | 'partitions'

/**
 * Time until a change of ten rows is committed while eight writers, each with a storage of its own, change the rows of eight pipelines in one table:
 * appends, merges and deletes in turn. Against the same changes of one writer that is alone.
 */
export const deltaMixed: Bench = {
  name: 'delta-mixed',
  question: 'How long does a change take next to changes of other rows?',
  async *run({ directory, repetitions }) {
    const writes = repetitions * WRITES_PER_REPETITION
    for (const layout of ['files', 'partitions'] as const) {
      const alone = await timesOf(join(directory, layout, 'alone'), layout, 1, writes)
      const together = await timesOf(join(directory, layout, 'together'), layout, WRITERS, writes)
      for (const [name, share] of [
        ['p50', 0.5],
        ['p99', 0.99],
      ] as const) {
        const value = quantile(together, share)
        const ratio = value / quantile(alone, share)
        yield {
          case: `${WRITERS} writers to other ${layout}, ${name}`,
          value,
          unit: 'ms',
          ratio,
          against: 'one writer',
        }
      }
    }
  },
}

/** Fails if a change fails: none of them stands in the way of another. */
async function timesOf(path: string, layout: Layout, writers: number, writes: number): Promise<number[]> {
  const storages = Array.from({ length: writers }, () => deltaStorage({ path, threads: 1 }))
  const partitionColumns = layout === 'partitions' ? ['pipeline_id'] : []
  const options = { columns: COLUMNS, partitionColumns }
  try {
    const tables = await Promise.all(storages.map((storage) => storage.openTable(DELTA_TABLE, options)))
    await tables[0]?.append(emptyBatch(COLUMNS), { batchId: 'start' })
    const times: number[] = []
    await Promise.all(
      tables.map(async (table, writer) => {
        for (let write = 0; write < writes; write++) {
          const startMs = performance.now()
          await change(table, `pipeline-${writer}`, write)
          times.push(performance.now() - startMs)
        }
      }),
    )
    return times
  } finally {
    for (const storage of storages) await storage.close()
  }
}

async function change(table: DeltaTable, pipeline: string, write: number): Promise<void> {
  const commit = { batchId: `${pipeline}-${write}` }
  if (write % 4 === 3) {
    await table.delete(
      {
        op: 'compare',
        operator: '=',
        left: { kind: 'column', name: 'pipeline_id' },
        right: { kind: 'literal', value: pipeline },
      },
      commit,
    )
  } else if (write % 4 === 2) {
    await table.merge(rowsOf(pipeline), { keys: ['pipeline_id', 'id'], whenMatched: 'update' }, commit)
  } else {
    await table.append(rowsOf(pipeline), commit)
  }
}

function rowsOf(pipeline: string): LogBatch {
  return batchFromRows(
    COLUMNS,
    Array.from({ length: ROWS }, (_none, id) => ({ pipeline_id: pipeline, id })),
  )
}
