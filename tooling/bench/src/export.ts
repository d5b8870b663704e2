import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportAnalyticsData } from '@forge/writer-analytics'
import { tableSource } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import type { Bench, BenchContext, Measurement } from './harness/bench.ts'
import { openPlainSql, writeLargeLog } from './harness/large-log.ts'
import { median } from './harness/statistics.ts'
import { processorMs, timeMs } from './harness/timing.ts'
import { watchProcess } from './harness/watch-process.ts'

const ROWS = 1_000_000
/** Files of a gigabyte: the second is as steady as the fifth. */
const MAX_REPETITIONS = 2

/** The formats, each with what the engine needs to write rows in it. */
const FORMATS = {
  ndjson: 'format json',
  json: 'format json, array true',
  csv: 'format csv',
} as const
type Format = keyof typeof FORMATS

/** Exports that are streamed through this process: their memory must not grow with the table. */
export const exportBench: Bench = {
  name: 'export',
  question: "What does an export as text cost compared with the engine's own COPY of the same rows?",
  async *run(context) {
    const path = await writeLargeLog(ROWS, context.directory)
    const copy = join(context.directory, 'copy.duckdb')
    await copyFile(path, copy)
    const storage = duckdbStorage({ path, readOnly: true, idleMs: 3_600_000 })
    const source = tableSource({ storage, config: { tableSchema: 'analytics', tableName: 'pipeline_logs' } })
    const plain = await openPlainSql(copy)
    try {
      let peak: Measurement | undefined
      for (const format of ['ndjson', 'json', 'csv'] as const) {
        if (!context.wants(caseName(format))) continue
        const { peakMb, measurements } = await measure(format, context, { source, plain })
        yield* measurements
        // A process keeps what it took once: a later format would seem to need nothing.
        peak ??= { case: `${caseName(format)}, peak memory`, value: peakMb, unit: 'MB' }
      }
      if (peak) yield peak
    } finally {
      plain.close()
      await storage.close()
    }
  },
}

function caseName(format: Format): string {
  return `${format} export of ${ROWS} rows`
}

interface Sides {
  readonly source: ReturnType<typeof tableSource>
  readonly plain: Awaited<ReturnType<typeof openPlainSql>>
}

interface Measured {
  readonly peakMb: number
  readonly measurements: readonly Measurement[]
}

async function measure(
  format: Format,
  { directory, repetitions }: BenchContext,
  { source, plain }: Sides,
): Promise<Measured> {
  const path = join(directory, `ours.${format}`)
  const sql = `copy (select * from log) to '${join(directory, `theirs.${format}`)}' (${FORMATS[format]})`
  const times: { oursMs: number; copyMs: number; oursWorkMs: number; copyWorkMs: number }[] = []
  let peakMb = 0
  for (let repetition = 0; repetition <= Math.min(repetitions, MAX_REPETITIONS); repetition++) {
    const finish = await watchProcess()
    const oursWork = processorMs()
    const oursMs = await timeMs(() => exportAnalyticsData(source, { format, path, overwrite: true }))
    const oursWorkMs = oursWork()
    peakMb = Math.max(peakMb, finish().peakMb)
    const copyWork = processorMs()
    const copyMs = await timeMs(() => plain.run([sql]))
    times.push({ oursMs, copyMs, oursWorkMs, copyWorkMs: copyWork() })
  }
  const medianOf = (side: keyof (typeof times)[number]) => median(times.slice(1).map((time) => time[side]))
  const name = caseName(format)
  const against = 'COPY of the engine'
  const [oursMs, workMs] = [medianOf('oursMs'), medianOf('oursWorkMs')]
  const time = { ratio: medianOf('copyMs') / oursMs, against }
  const work = { ratio: medianOf('copyWorkMs') / workMs, against }
  return {
    peakMb,
    measurements: [
      { case: name, value: ROWS / (oursMs / 1000), unit: 'rows/s', ...time },
      { case: `${name}, processor`, value: (workMs * 1000) / ROWS, unit: 'µs/row', ...work },
    ],
  }
}
