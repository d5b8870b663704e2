import { join } from 'node:path'
import type { LogRowInput } from '@forge/writer-core'
import { recordRun } from '@forge/writer-record'
import type { Bench } from './harness/bench.ts'
import { openWriter } from './harness/open-writer.ts'
import { median } from './harness/statistics.ts'
import { repeat, timeMs } from './harness/timing.ts'

const STEPS = 200_000

/** Many short steps of one run in code, through a stream, against rows that are there already. */
export const recordRunBench: Bench = {
  name: 'record-run',
  question: 'How many steps in code can be recorded in a second?',
  async *run({ directory, repetitions }) {
    const writer = await openWriter({ path: join(directory, 'steps.duckdb') })
    writer.configure({ batchSize: 100_000 })
    const rows = Array.from({ length: STEPS }, (_none, at): LogRowInput => stepRow(at))
    const rate = async (work: (repetition: number) => Promise<unknown>) =>
      STEPS / (median(await repeat(repetitions, (repetition) => timeMs(() => work(repetition)))) / 1000)
    const plain = await rate((repetition) => writer.writeLogRows(rows, { batchId: `rows-${repetition}` }))
    const recorded = await rate(async () => {
      await using stream = writer.stream()
      await recordRun(stream, { pipelineId: 'orders' }, async (run) => {
        for (let at = 0; at < STEPS; at++)
          await run.step(`step_${at % 100}`, (step) => step.rows({ processed: at, written: at }))
      })
    })
    await writer.close()
    yield { case: `${STEPS} steps`, value: recorded, unit: 'steps/s', ratio: recorded / plain, against: 'writeLogRows' }
  },
}

function stepRow(at: number): LogRowInput {
  return {
    run_id: 'run',
    pipeline_id: 'orders',
    phase: 'silver',
    step_name: `step_${at % 100}`,
    start_time: '2026-11-30T10:00:00.000Z',
    end_time: '2026-11-30T10:00:00.000Z',
    rows_processed: at,
    rows_written: at,
    metadata: { status: 'success' },
  }
}
