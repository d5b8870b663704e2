import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { realisticRows } from '@forge/fixtures'
import { anomalyWatch, detectAnomalies } from '@forge/writer-anomaly'
import { createLogWriter, type LogRowInput, type LogWriter, tableSource } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import type { Bench, BenchContext, Measurement } from './harness/bench.ts'
import { openWriter } from './harness/open-writer.ts'
import { quantile } from './harness/statistics.ts'
import { timeMs } from './harness/timing.ts'

const PIPELINES = 50
const STEPS = 20
const RUNS = 2000
const ROWS = PIPELINES * STEPS * RUNS
const START_MS = Date.UTC(2024, 0, 1)
/** A year of 2000 runs. */
const INTERVAL_MS = (365 * 86_400_000) / RUNS
const CONFIG = { tableSchema: 'analytics', tableName: 'pipeline_logs' } as const
const SCANNED = [
  'pipeline_id',
  'phase',
  'step_name',
  'run_id',
  'start_time',
  'duration_secs',
  'rows_processed',
  'success',
]

/**
 * A year of a thousand series judged from start to end, against one scan of the same rows; and a write of ten rows with the watch, against one
 * without it, in turns.
 */
export const anomaly: Bench = {
  name: 'anomaly',
  question: 'How fast are series judged, and what does watching cost a write?',
  async *run(context) {
    if (context.wants('2000000 points')) yield* year(context)
    if (context.wants('10 rows, p50')) yield* watchedWrites(context)
  },
}

async function* year({ directory }: BenchContext): AsyncGenerator<Measurement> {
  const path = join(directory, 'year.duckdb')
  const writer = await openWriter({ path })
  await using rows = writer.stream()
  await rows.write(yearOfRows())
  await rows.close()
  const judgeMs = await timeMs(() => detectAnomalies(writer, undefined, { store: false }))
  await writer.close()
  const storage = duckdbStorage({ path })
  const table = await tableSource({ storage, config: CONFIG }).table()
  const scanMs = await timeMs(async () => {
    let scanned = 0
    for await (const batch of table.scan({ columns: SCANNED })) scanned += batch.rowCount
    if (scanned !== ROWS) throw new Error(`${scanned} of ${ROWS} rows scanned`)
  })
  await storage.close()
  const value = ROWS / (judgeMs / 1000)
  yield {
    case: '2000000 points',
    value,
    unit: 'points/s',
    ratio: scanMs / judgeMs,
    against: 'one scan of the same rows',
  }
}

function* yearOfRows(): Generator<LogRowInput> {
  for (let run = 0; run < RUNS; run++) {
    const start = new Date(START_MS + run * INTERVAL_MS)
    for (let pipeline = 0; pipeline < PIPELINES; pipeline++) {
      for (let step = 0; step < STEPS; step++) {
        const noise = ((run * 7919 + pipeline * 104_729 + step * 1299) % 1000) / 1000
        yield {
          run_id: `run-${pipeline}-${run}`,
          pipeline_id: `pipeline-${pipeline}`,
          phase: step < 8 ? 'bronze' : step < 15 ? 'silver' : 'gold',
          step_name: `step-${step}`,
          start_time: start,
          run_started_at: start,
          duration_secs: 60 * (1 + step) * (0.9 + 0.2 * noise),
          rows_processed: Math.round(10_000 * (1 + step) * (0.95 + 0.1 * noise)),
        }
      }
    }
  }
}

const WRITES_PER_REPETITION = 60
const WARM_UP_WRITES = 20
const HISTORY_RUNS = 200

async function* watchedWrites({ directory, repetitions }: BenchContext): AsyncGenerator<Measurement> {
  const plain = await openWriter({ path: join(directory, 'plain.duckdb') })
  const watched = await createLogWriter({
    storage: duckdbStorage({ path: join(directory, 'watched.duckdb') }),
    config: { ...CONFIG, enableAnomalyDetection: true },
    hooks: [anomalyWatch()],
  })
  const times = { plain: [] as number[], watched: [] as number[] }
  for (const writer of [plain, watched]) await writer.writeLogRows([...realisticRows(HISTORY_RUNS * 10)])
  for (let write = 0; write < WARM_UP_WRITES + repetitions * WRITES_PER_REPETITION; write++) {
    const start = new Date(START_MS + (HISTORY_RUNS + write) * 300_000)
    const rows = [...realisticRows(10, { seed: write + 1, start })].map((row) => ({ ...row, success: true }))
    // The one that comes first in turn pays for what the other left behind.
    const order = write % 2 === 0 ? (['plain', 'watched'] as const) : (['watched', 'plain'] as const)
    for (const which of order) {
      const ms = await timeWrite(which === 'plain' ? plain : watched, rows)
      if (write >= WARM_UP_WRITES) times[which].push(ms)
    }
  }
  await plain.close()
  await watched.close()
  const value = quantile(times.watched, 0.5)
  yield {
    case: '10 rows, p50',
    value,
    unit: 'ms',
    ratio: value / quantile(times.plain, 0.5),
    against: 'without anomalyWatch',
  }
}

async function timeWrite(writer: LogWriter, rows: readonly LogRowInput[]): Promise<number> {
  const startMs = performance.now()
  await writer.writeLogRows(rows)
  return performance.now() - startMs
}
