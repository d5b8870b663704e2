import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tableSource } from '@forge/writer-core'
import { buildReport, renderReport } from '@forge/writer-report'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import type { Bench, BenchContext, Measurement } from './harness/bench.ts'
import { openPlainSql, writeLargeLog } from './harness/large-log.ts'
import { median } from './harness/statistics.ts'
import { timeMs } from './harness/timing.ts'
import { watchProcess } from './harness/watch-process.ts'

const TABLES = [10_000, 100_000, 1_000_000]
const DAYS = 36_500

/** One scan of the columns that a report reads. */
const SCAN = `select count(*), min(run_id), min(pipeline_id), min(phase), min(step_name), min(start_time), max(end_time), sum(duration_secs),
  sum(rows_processed), sum(rows_written), bool_and(success), min(error_message), min(metadata) from log`

/** A report of a whole log, from the table to the text of the file. Its size must not grow with the table, and its time much less than the table does. */
export const report: Bench = {
  name: 'report',
  question: 'What does a report cost compared with one scan of the table?',
  async *run(context) {
    for (const rows of TABLES) if (context.wants(caseOf(rows))) yield* measureReport(rows, context)
  },
}

function caseOf(rows: number): string {
  return `report of ${rows} step rows`
}

async function* measureReport(rows: number, { directory, repetitions }: BenchContext): AsyncGenerator<Measurement> {
  const path = await writeLargeLog(rows, directory)
  const copy = join(directory, `copy-${rows}.duckdb`)
  await copyFile(path, copy)
  // The file stays open on both sides.
  const storage = duckdbStorage({ path, readOnly: true, idleMs: 3_600_000 })
  const source = tableSource({ storage, config: { tableSchema: 'analytics', tableName: 'pipeline_logs' } })
  const plain = await openPlainSql(copy)
  const times: { readonly oursMs: number; readonly scanMs: number }[] = []
  let [peakMb, bytes] = [0, 0]
  try {
    for (let repetition = 0; repetition <= repetitions; repetition++) {
      const watched = await watchProcess()
      const oursMs = await timeMs(async () => {
        bytes = Buffer.byteLength(renderReport(await buildReport(source, { days: DAYS })))
      })
      peakMb = Math.max(peakMb, watched().peakMb)
      times.push({ oursMs, scanMs: await timeMs(() => plain.run([SCAN])) })
    }
  } finally {
    plain.close()
    await storage.close()
  }
  const counted = times.slice(1)
  const ours = median(counted.map(({ oursMs }) => oursMs))
  const ratio = ours / median(counted.map(({ scanMs }) => scanMs))
  yield { case: caseOf(rows), value: ours, unit: 'ms', ratio, against: 'one scan' }
  yield { case: `${caseOf(rows)}, peak memory`, value: peakMb, unit: 'MB' }
  yield { case: `${caseOf(rows)}, file`, value: bytes / 1000, unit: 'kB' }
}
