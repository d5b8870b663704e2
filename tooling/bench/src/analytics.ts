import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { analyzePerformanceTrends, generateSummaryReport } from '@forge/writer-analytics'
import { type TableSource, tableSource } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import type { Bench, BenchContext, Measurement } from './harness/bench.ts'
import { openPlainSql, writeLargeLog } from './harness/large-log.ts'
import { median } from './harness/statistics.ts'
import { timeMs } from './harness/timing.ts'
import { watchProcess } from './harness/watch-process.ts'

const TABLES = [1_000_000, 10_000_000]
const CHUNK_ROWS = 500_000
/** Longer tables are repeated less often: the second reading is as steady as the fifth. */
const MAX_LONG_REPETITIONS = 2

/**
 * Summary and trends of a large log, against SQL written by hand for the same figures, on the same engine with the same threads, over a
 * copy of the same file. Peak memory is that of the whole process above the start.
 */
export const analytics: Bench = {
  name: 'analytics',
  question: 'What do summary and trends cost compared with hand-written SQL?',
  async *run(context) {
    for (const rows of TABLES) {
      if (QUESTIONS.some(({ name }) => context.wants(caseName(name, rows)))) yield* measureTable(rows, context)
    }
  },
}

interface Question {
  readonly name: string
  ask(source: TableSource): Promise<unknown>
  readonly sql: readonly string[]
}

const STEP = "phase <> 'pipeline'"
const AT = 'coalesce(start_time, run_started_at, end_time, created_at)'
const FIGURES = `
  count(*) as steps, count(*) filter (where not success) as failed, avg(duration_secs), max(duration_secs),
  quantile_cont(duration_secs, [0.5, 0.95, 0.99]), sum(rows_processed), sum(rows_written), sum(duration_secs),
  sum(validation_rate * rows_processed) / sum(rows_processed)`
const STATUS = `count(*) filter (where coalesce(metadata->>'$.status', '') in ('skipped', 'noop', 'cancelled', 'upstream_failed', 'lost')),
  count(*) filter (where (metadata->>'$.rows_unknown') is not null), count(*) filter (where step_type = 'test')`

/** Runs of a group, and how many failed in it. */
const runsBy = (keys: string) => `
  select ${keys}, count(*), count(*) filter (where not ok) from (
    select ${keys}, run_id, bool_and(success) as ok from log where ${STEP} group by all) group by all`
const figuresBy = (keys: string) =>
  `select ${keys}, ${FIGURES} from log where ${STEP} group by ${keys} order by steps desc limit 1000`
const extremes = (order: string) => `
  select pipeline_id, phase, step_name, count(*), count(*) filter (where not success) as failed, avg(duration_secs) as mean,
    max(duration_secs) from log where ${STEP} group by 1, 2, 3 order by ${order} desc limit 10`
const ATTEMPTS = `
  select count(*) filter (where least <> greatest) from (
    select run_id, min(execution_id) as least, max(execution_id) as greatest from log group by run_id)`
const BY = ['phase', 'pipeline_id', 'pipeline_id, phase, step_name', 'run_mode']
const SPREAD = 'avg(duration_secs), stddev_samp(duration_secs), min(duration_secs), max(duration_secs)'
const DAY = `date_trunc('day', ${AT} at time zone 'UTC') at time zone 'UTC'`

const QUESTIONS: readonly Question[] = [
  {
    name: 'summary',
    ask: (source) => generateSummaryReport(source, { days: Number.POSITIVE_INFINITY }),
    sql: [
      `select ${STATUS} from log where ${STEP}`,
      ATTEMPTS,
      `select count(*), count(*) filter (where not ok) from (
         select run_id, coalesce(bool_and(success) filter (where ${STEP}), bool_and(success)) as ok from log group by run_id)`,
      `select ${FIGURES}, count(distinct pipeline_id), min(${AT}), max(${AT}) from log where ${STEP}`,
      ...BY.flatMap((keys) => [figuresBy(keys), runsBy(keys)]),
      `select phase, count(*) from log where ${STEP} group by phase`,
      `select regexp_replace(error_message, '[0-9]+', '<n>', 'g') as message, count(*), min(${AT}), max(${AT}), arg_max(run_id, ${AT})
         from log where ${STEP} and not success group by 1 order by 2 desc limit 10`,
      extremes('mean'),
      extremes('failed'),
    ],
  },
  {
    name: 'trends',
    ask: (source) => analyzePerformanceTrends(source, { days: Number.POSITIVE_INFINITY, bucket: 'week' }),
    sql: [
      `select ${STATUS} from log where ${STEP}`,
      ATTEMPTS,
      `select count(*), count(*) filter (where not ok) from (
         select run_id, coalesce(bool_and(success) filter (where ${STEP}), bool_and(success)) as ok from log group by run_id)`,
      `select ${SPREAD}, avg(validation_rate), stddev_samp(validation_rate), sum(rows_processed), sum(duration_secs)
         from log where ${STEP}`,
      ATTEMPTS,
      `select ${DAY.replace('day', 'week')} as bucket, ${FIGURES} from log where ${STEP} group by 1 order by 1`,
      `select date_trunc('week', first), count(*), count(*) filter (where not ok) from (
         select run_id, min(${AT}) as first, bool_and(success) as ok from log where ${STEP} group by run_id) group by 1 order by 1`,
      ...['pipeline_id', 'pipeline_id, phase, step_name'].flatMap((keys) => [
        `select ${keys}, count(*) as steps, count(*) filter (where not success), ${SPREAD}
           from log where ${STEP} group by ${keys} order by steps desc limit 20`,
        `select ${keys}, ${DAY.replace('day', 'week')} as bucket, count(*), count(*) filter (where not success), avg(duration_secs)
           from log where ${STEP} and pipeline_id in (
             select pipeline_id from log where ${STEP} group by ${keys} order by count(*) desc limit 20) group by all order by bucket`,
      ]),
    ],
  },
]

function caseName(question: string, rows: number): string {
  return `${question} of ${rows} rows`
}

async function* measureTable(rows: number, context: BenchContext): AsyncGenerator<Measurement> {
  const path = await writeLargeLog(rows, context.directory)
  const copy = join(context.directory, `copy-${rows}.duckdb`)
  await copyFile(path, copy)
  // The file stays open on both sides: otherwise ours would be read from disk again after each turn of the other.
  const storage = duckdbStorage({ path, readOnly: true, idleMs: 3_600_000 })
  const source = tableSource({ storage, config: { tableSchema: 'analytics', tableName: 'pipeline_logs' } })
  const plain = await openPlainSql(copy)
  try {
    for (const question of QUESTIONS) {
      if (context.wants(caseName(question.name, rows))) yield* compare(question, rows, { context, source, plain })
    }
  } finally {
    plain.close()
    await storage.close()
  }
}

interface Sides {
  readonly context: BenchContext
  readonly source: TableSource
  readonly plain: Awaited<ReturnType<typeof openPlainSql>>
}

async function* compare(
  question: Question,
  rows: number,
  { context, source, plain }: Sides,
): AsyncGenerator<Measurement> {
  const repetitions = rows > CHUNK_ROWS * 2 ? Math.min(MAX_LONG_REPETITIONS, context.repetitions) : context.repetitions
  const times: { oursMs: number; sqlMs: number }[] = []
  const peaks = { oursMb: 0, sqlMb: 0 }
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const ours = await watchProcess()
    const oursMs = await timeMs(() => question.ask(source))
    peaks.oursMb = Math.max(peaks.oursMb, ours().peakMb)
    const sql = await watchProcess()
    times.push({ oursMs, sqlMs: await timeMs(() => plain.run(question.sql)) })
    peaks.sqlMb = Math.max(peaks.sqlMb, sql().peakMb)
  }
  const counted = times.slice(1)
  const ours = median(counted.map(({ oursMs }) => oursMs))
  const ratio = ours / median(counted.map(({ sqlMs }) => sqlMs))
  const name = caseName(question.name, rows)
  yield { case: name, value: ours, unit: 'ms', ratio, against: 'hand-written SQL' }
  const memory = { ratio: peaks.oursMb / peaks.sqlMb, against: 'hand-written SQL' }
  yield { case: `${name}, peak memory`, value: peaks.oursMb, unit: 'MB', ...memory }
}
