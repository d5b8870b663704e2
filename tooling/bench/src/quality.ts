import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { realisticRows } from '@forge/fixtures'
import { memoryStorage, tableSource } from '@forge/writer-core'
import { logRules, type ValidationOptions, validateLogDataQuality } from '@forge/writer-quality'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { z } from 'zod'
import type { Bench, BenchContext, Measurement } from './harness/bench.ts'
import { openWriter } from './harness/open-writer.ts'
import { median } from './harness/statistics.ts'
import { repeat, timeMs } from './harness/timing.ts'

const ROWS = 1_000_000
const RULES = 20
const STORED = `${ROWS} stored rows, ${RULES} rules`
const IN_MEMORY = `${ROWS} rows in memory, ${RULES} rules`
const CONFIG = { tableSchema: 'analytics', tableName: 'pipeline_logs' } as const
const OPTIONS = { validationRules: logRules(), now: () => new Date('2024-06-01T00:00:00Z') } satisfies ValidationOptions

/** The rules of a log on stored rows, against one scan by the engine of the columns that they speak of; and on rows in memory, against zod. */
export const quality: Bench = {
  name: 'quality',
  question: 'What does judging a million rows by twenty rules cost?',
  async *run(context) {
    if (OPTIONS.validationRules.length !== RULES)
      throw new Error(`${OPTIONS.validationRules.length} rules instead of ${RULES}`)
    if (context.wants(STORED)) yield* storedRows(context)
    if (context.wants(IN_MEMORY)) yield* rowsInMemory(context)
  },
}

async function* storedRows({ directory, repetitions }: BenchContext): AsyncGenerator<Measurement> {
  const path = join(directory, 'stored.duckdb')
  const writer = await openWriter({ path })
  await writer.writeLogRows([...realisticRows(ROWS)])
  await writer.close()
  const storage = duckdbStorage({ path })
  const source = tableSource({ storage, config: CONFIG })
  const judgeMs = median(
    await repeat(repetitions, () => timeMs(() => assertValid(() => validateLogDataQuality(source, OPTIONS)))),
  )
  await storage.close()
  const scanMs = await engineScanMs(path, repetitions)
  yield {
    case: STORED,
    value: judgeMs,
    unit: 'ms',
    ratio: judgeMs / scanMs,
    against: 'one scan of their columns by the engine',
  }
}

/** Reads every value of the columns once, in the engine alone. */
async function engineScanMs(path: string, repetitions: number): Promise<number> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  const columns = [...new Set(OPTIONS.validationRules.flatMap(({ columns: names }) => names))]
  const figures = columns.map((name) => `max("${name}")`).join(', ')
  const times = await repeat(repetitions, () =>
    timeMs(() => connection.runAndReadAll(`select ${figures} from analytics.pipeline_logs`)),
  )
  connection.closeSync()
  instance.closeSync()
  return median(times)
}

async function* rowsInMemory({ repetitions }: BenchContext): AsyncGenerator<Measurement> {
  const rows = [...realisticRows(ROWS)]
  const storage = memoryStorage()
  const source = tableSource({ storage, config: CONFIG })
  const judgeMs = median(
    await repeat(repetitions, () => timeMs(() => assertValid(() => validateLogDataQuality(source, rows, OPTIONS)))),
  )
  const zodMs = median(
    await repeat(repetitions, () =>
      timeMs(() => {
        const valid = rows.filter((row) => LOG_ROW.safeParse(row).success).length
        if (valid !== ROWS) throw new Error(`${valid} of ${ROWS} rows are valid to zod`)
      }),
    ),
  )
  await storage.close()
  const value = ROWS / (judgeMs / 1000)
  yield { case: IN_MEMORY, value, unit: 'rows/s', ratio: zodMs / judgeMs, against: 'zod alone' }
}

async function assertValid(judge: () => ReturnType<typeof validateLogDataQuality>): Promise<void> {
  const { validRows, qualityPassed, outcomes } = await judge()
  if (validRows !== ROWS || !qualityPassed || outcomes.length !== RULES)
    throw new Error(`${validRows} of ${ROWS} rows are valid`)
}

const ID = z.string().min(1)
const COUNT = z.int().min(0)
const TIME = z.date().nullable()

/** What the twenty rules say, in the words of zod. */
const LOG_ROW = z
  .object({
    run_id: ID,
    execution_id: ID,
    pipeline_id: ID,
    schema: ID,
    step_name: ID,
    phase: z.enum(['bronze', 'silver', 'gold', 'pipeline']),
    run_mode: z.enum(['initial', 'incremental', 'full_refresh', 'validation_only']),
    write_mode: z.enum(['overwrite', 'append', 'merge', 'ignore']).nullable(),
    duration_secs: z.number().min(0),
    validation_rate: z.number().min(0).max(100),
    input_rows: COUNT.nullable(),
    output_rows: COUNT.nullable(),
    rows_written: COUNT.nullable(),
    rows_processed: COUNT,
    valid_rows: COUNT,
    invalid_rows: COUNT,
    metadata: z.record(z.string(), z.unknown()).nullable(),
    start_time: TIME,
    end_time: TIME,
    run_started_at: TIME,
    run_ended_at: TIME,
  })
  .refine((row) => row.valid_rows + row.invalid_rows === row.rows_processed)
  .refine((row) => (row.rows_written ?? 0) <= row.rows_processed || row.metadata?.expands_rows === true)
  .refine((row) => !row.end_time || !row.start_time || row.end_time >= row.start_time)
  .refine((row) => !row.run_ended_at || !row.run_started_at || row.run_ended_at >= row.run_started_at)
