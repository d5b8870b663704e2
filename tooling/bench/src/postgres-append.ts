import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { realisticRows } from '@forge/fixtures'
import { type PostgresServer, startPostgresServer } from '@forge/fixtures/postgres'
import { generateSummaryReport } from '@forge/writer-analytics'
import { batchFromRows, LOG_COLUMNS, type LogBatch, type Row, tableSource } from '@forge/writer-core'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { Client } from 'pg'
import type { Bench, BenchContext, Measurement } from './harness/bench.ts'
import { median } from './harness/statistics.ts'

const SMALL_ROWS = 10
const WRITES = 200
const PART_ROWS = 100_000
const PARTS = 10
const SMALL = `${SMALL_ROWS} rows, p50`
const LARGE = `${PART_ROWS * PARTS} rows`
const SUMMARY = `summary of ${PART_ROWS * PARTS} rows`
const NOW = new Date('2100-01-01')

/** Appends to a table in PostgreSQL against what the server itself offers, and a summary against SQL that is written by hand. */
export const postgresAppend: Bench = {
  name: 'postgres-append',
  question: 'What does an append to PostgreSQL cost, next to COPY and insert?',
  async *run(context) {
    const server = await startPostgresServer()
    if ('reason' in server) {
      process.stderr.write(`skipped: postgres-append: ${server.reason}\n`)
      return
    }
    try {
      if (context.wants(SMALL)) yield await smallAppends(server)
      if (context.wants(LARGE) || context.wants(SUMMARY)) yield* largeAppends(server, context)
    } finally {
      await server[Symbol.asyncDispose]()
    }
  },
}

const batchOf = (rows: number, seed: number): LogBatch =>
  batchFromRows(LOG_COLUMNS, [...realisticRows(rows, { seed })] as unknown as Row[])

/** Takes turns with transactions of one `insert` of as many rows, so that both have the same load. */
async function smallAppends(server: PostgresServer): Promise<Measurement> {
  const { url } = server
  const storage = postgresStorage({ url })
  const table = await storage.openTable({ schema: 'logs', name: 'small' })
  await table.append(batchOf(SMALL_ROWS, 0), { batchId: 'first' })
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('create table logs.plain (like logs.small)')
  const { rows: found } = await client.query({ text: 'select * from logs.small', rowMode: 'array' })
  const tuple = (row: unknown[], at: number) => `(${row.map((_value, column) => `$${at * row.length + column + 1}`)})`
  const insert = {
    name: 'insert',
    text: `insert into logs.plain values ${found.map(tuple).join(', ')}`,
    values: found.flat(),
  }
  const oursMs: number[] = []
  const plainMs: number[] = []
  for (let write = -20; write < WRITES; write++) {
    const batch = batchOf(SMALL_ROWS, write + 20)
    const startMs = performance.now()
    await table.append(batch, { batchId: `batch ${write}` })
    const ourEndMs = performance.now()
    await client.query('begin')
    await client.query(insert)
    await client.query('commit')
    if (write < 0) continue
    oursMs.push(ourEndMs - startMs)
    plainMs.push(performance.now() - ourEndMs)
  }
  await client.end()
  await storage.close()
  const ms = median(oursMs)
  return { case: SMALL, value: ms, unit: 'ms', ratio: ms / median(plainMs), against: 'insert and commit' }
}

/** Appends the same rows as one stream and by psql, which copies a file in the same binary format. */
async function* largeAppends(server: PostgresServer, context: BenchContext): AsyncGenerator<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'forge-bench-'))
  chmodSync(folder, 0o755)
  const file = join(folder, 'rows.bin')
  const storage = postgresStorage({ url: server.url })
  const batch = batchOf(PART_ROWS, 1)
  const oursMs: number[] = []
  const copyMs: number[] = []
  try {
    for (let repetition = 0; repetition <= Math.min(context.repetitions, 3); repetition++) {
      psql(server, 'drop schema if exists logs cascade; drop schema if exists forge_writer cascade')
      const table = await storage.openTable({ schema: 'logs', name: 'large' })
      await table.append(batchOf(1, 2), { batchId: 'first' })
      const startMs = performance.now()
      await table.appendStream(
        Array.from({ length: PARTS }, () => batch),
        { batchId: 'many' },
      )
      const endMs = performance.now()
      if (repetition === 0) psql(server, `\\copy logs.large to '${file}' binary`)
      psql(server, 'create table logs.plain (like logs.large)')
      const copyStartMs = performance.now()
      psql(server, `\\copy logs.plain from '${file}' binary`)
      if (repetition === 0) continue
      oursMs.push(endMs - startMs)
      copyMs.push(performance.now() - copyStartMs)
    }
    const ms = median(oursMs)
    yield { case: LARGE, value: ms, unit: 'ms', ratio: ms / median(copyMs), against: 'psql \\copy, binary' }
    if (context.wants(SUMMARY)) yield await summary(server, storage)
  } finally {
    await storage.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const TOTALS = `select count(distinct run_id), count(*), count(*) filter (where not success), sum(rows_processed), avg(duration_secs),
    percentile_cont(array[0.5, 0.95, 0.99]) within group (order by duration_secs) from logs.large where phase <> 'pipeline'`

async function summary(server: PostgresServer, storage: ReturnType<typeof postgresStorage>): Promise<Measurement> {
  psql(server, 'analyze logs.large')
  const source = tableSource({ storage, config: { tableSchema: 'logs', tableName: 'large' } })
  const startMs = performance.now()
  await generateSummaryReport(source, { from: new Date(0), to: NOW, now: () => NOW })
  const ms = performance.now() - startMs
  const sqlStartMs = performance.now()
  psql(server, `${TOTALS}`)
  psql(server, `${TOTALS.replace('select', 'select phase,')} group by phase`)
  psql(server, `${TOTALS.replace('select', 'select pipeline_id, phase, step_name,')} group by 1, 2, 3`)
  const against = 'three statements of SQL'
  return { case: SUMMARY, value: ms, unit: 'ms', ratio: ms / (performance.now() - sqlStartMs), against }
}

function psql({ url, programs }: PostgresServer, sql: string): void {
  const args = [url, '--no-psqlrc', '-q', '-v', 'ON_ERROR_STOP=1', '-c', sql]
  const { status, stderr } = spawnSync(join(programs, 'psql'), args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`psql failed: ${stderr}`)
}
