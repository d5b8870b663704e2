// @module-tag many-calls
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { type CliOptions, runCli } from './run-cli.ts'

let cwd = ''
beforeEach(() => {
  cwd = newFolder()
})

const run = (argv: readonly string[], options: Partial<CliOptions> = {}) => runCli(argv, { cwd, ...options })

async function json(argv: readonly string[], expectedCode = 0): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run([...argv, '--json'])
  expect({ code, stderr }).toEqual({ code: expectedCode, stderr: '' })
  return JSON.parse(stdout) as Record<string, unknown>
}

const DAY_MS = 86_400_000
const NOW_MS = Date.parse('2026-11-30T12:00:00Z')

/** A run of each of the last days, two seconds slower each day, the step and the run's own row. */
function dailyRuns(days: number, change: object = {}): object[] {
  return Array.from({ length: days }, (_, at) => {
    const start = NOW_MS - (days - at) * DAY_MS
    const duration = 100 + 2 * at
    const row = {
      run_id: `run-${at}`,
      pipeline_id: 'shop',
      phase: 'gold',
      step_name: 'load',
      start_time: new Date(start).toISOString(),
      end_time: new Date(start + duration * 1000).toISOString(),
      duration_secs: duration,
      rows_processed: 1000,
      rows_written: 1000,
      success: true,
      ...change,
    }
    return [row, { ...row, phase: 'pipeline', step_name: 'shop', step_type: 'run' }]
  }).flat()
}

async function record(rows: readonly object[], more: readonly string[] = []): Promise<void> {
  const stdin = rows.map((row) => JSON.stringify(row)).join('\n')
  const { code, stderr } = await run(['ingest', '-', '-f', 'ndjson', ...more], { stdin })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
}

describe.each([
  ['duckdb', []],
  ['delta', ['--storage', 'delta', '--path', 'lake']],
])('on %s', (_storage, where) => {
  test('summary prints unknown figures as unknown, and the reason if there is no summary', async () => {
    const row = { pipeline_id: 'shop', phase: 'gold', step_name: 'load', duration_secs: 5, start_time: null }
    const skipped = { ...row, created_at: null, metadata: { status: 'skipped' } }
    await record(
      [
        { ...skipped, run_id: 'a' },
        { ...skipped, run_id: 'b' },
      ],
      where,
    )
    const summary = (await run(['summary', ...where])).stdout
    expect(summary).toMatch(/p50, p95, p99, max +unknown\n/)
    expect(summary).toMatch(/valid +unknown\n/)
    expect((await run(['compare', 'a', 'b', ...where])).stdout).toMatch(/duration +unknown to unknown\n/)
    const empty = await run(['summary', '--until', '1999-01-01', ...where])
    expect(empty).toMatchObject({ code: 0, stdout: 'no summary: nothing ran in the period\n' })
  })

  test('summary compares with the period before', async () => {
    await record(dailyRuns(20), where)
    const { stdout } = await run(['summary', '--days', '10', ...where])
    expect(stdout).toMatchSnapshot()
    const report = await json(['summary', '--since', '5d', '--until', '1d', ...where])
    expect(report).toMatchObject({ totalExecutions: 4, comparison: { figures: { totalExecutions: { previous: 4 } } } })
    expect((await run(['summary', '--days', '3', '--since', '5d', ...where])).code).toBe(2)
  })

  test('trends have bars, sparklines, a slope and a forecast', async () => {
    await record(dailyRuns(10), where)
    expect((await run(['trends', ...where])).stdout).toMatchSnapshot()
    const found = await json(['trends', '--bucket', 'week', '--time-zone', 'Europe/Berlin', ...where])
    expect(found).toMatchObject({ trendsAvailable: true, bucket: 'week', buckets: { length: 2 } })
    expect((await run(['trends', '--pipeline', 'none*', ...where])).stdout).toContain('no trends: 0 of the 2 steps')
    expect((await run(['trends', '--time-zone', 'Mars', ...where])).code).toBe(2)
  })

  test('two runs are compared', async () => {
    await record(dailyRuns(2), where)
    await record(dailyRuns(2, { step_name: 'extract', duration_secs: 5, success: false, error_message: 'x' }), where)
    expect((await run(['compare', 'run-0', 'run-1', ...where])).stdout).toMatchSnapshot()
    const missing = await run(['compare', 'run-0', 'run-9', ...where])
    expect(missing).toMatchObject({ code: 2, stdout: '' })
    expect(missing.stderr).toMatch(/error CONFIGURATION.*run-9/)
    // One id compares with the last run before it that succeeded; nothing came before run-0.
    expect((await run(['compare', 'run-0', ...where])).code).toBe(1)
  })

  test('sla exits with 3 if a service level is violated', async () => {
    await record(dailyRuns(10), where)
    const broken = await run(['sla', '--max-duration', '110', '--min-success', '99', ...where])
    expect(broken.code).toBe(3)
    expect(broken.stdout).toMatchSnapshot()
    const kept = ['sla', '--pipeline', 'shop', '--due', '13:00', '--time-zone', 'UTC', '--days', '5', ...where]
    expect(await json(kept)).toMatchObject({ isKept: true, objectives: [{ kind: 'dueTime', judged: 5, broken: 0 }] })
    await writeFile(
      join(cwd, 'forge-writer.config.json'),
      JSON.stringify({ serviceLevels: [{ pipeline: 's*', maxDurationSecs: 1000 }] }),
    )
    expect(await json(['sla', ...where])).toMatchObject({
      isKept: true,
      objectives: [{ pipeline: 'shop', judged: 10 }],
    })
    await rm(join(cwd, 'forge-writer.config.json'))
    expect((await run(['sla', ...where])).stdout).toContain('no service levels are declared')
    expect((await run(['sla', '--due', '7 o clock', ...where])).code).toBe(2)
  })

  test('export takes format and compression from the extension, and replaces a file only with --overwrite', async () => {
    await record(dailyRuns(3), where)
    const exported = await json(['export', '-o', 'logs.ndjson.gz', '--phase', 'gold', ...where])
    expect(exported).toMatchObject({
      recordsExported: 3,
      format: 'ndjson',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const text = gunzipSync(await readFile(join(cwd, 'logs.ndjson.gz'))).toString()
    expect(text.trim().split('\n')).toHaveLength(3)
    expect((await run(['export', '-o', 'logs.ndjson.gz', ...where])).code).toBe(1)
    expect((await run(['export', '-o', 'logs.ndjson.gz', '--overwrite', ...where])).code).toBe(0)
    for (const format of ['arrow', 'xlsx', 'parquet']) {
      expect(await json(['export', '-o', `logs.${format}`, ...where])).toMatchObject({ recordsExported: 6, format })
    }
    const columns = ['-c', 'run_id,success', '-n', '1']
    const { stdout } = await run(['export', '-o', '-', '-f', 'csv', '--phase', 'gold', ...columns, ...where])
    expect(stdout).toBe('run_id,success\r\nrun-2,true\r\n')
    expect((await run(['export', '-o', 'x.csv', '--compression', 'zstd', ...where])).code).toBe(2)
  })

  test('prune shows what would be deleted, and then deletes it', async () => {
    await record(dailyRuns(10), where)
    const keep = ['--keep-days', '5', ...where]
    const dry = await run(['prune', '--dry-run', ...keep])
    expect(dry.stdout).toContain('10 of 20 rows')
    expect(await json(['info', ...where])).toMatchObject({ rowCount: 20 })
    expect(await json(['prune', ...keep, '--vacuum', 'everything'])).toMatchObject({ rowsDeleted: 10 })
    expect(await json(['info', ...where])).toMatchObject({ rowCount: 10 })
    expect((await run(['prune', ...where])).stderr).toMatch(/error CONFIGURATION.*retention/)
    expect((await run(['prune', '--keep-failures-days', '5', ...where])).code).toBe(2)
  })

  test('erase requires --yes, and verifies that nothing is left', async () => {
    await record(dailyRuns(3), where)
    await record(dailyRuns(1, { run_id: 'subject-run', metadata: { user: 'ada@example.com' } }), where)
    const subject = ['erase', '--where', "metadata ->> 'user' = 'ada@example.com'", ...where]
    expect((await run(subject)).code).toBe(2)
    expect((await run(['erase', '--yes', ...where])).code).toBe(2)
    expect(await json([...subject, '--dry-run'])).toMatchObject({ dryRun: true, rowsErased: 2 })
    const { code, stdout } = await run([...subject, '--yes'])
    expect(stdout).toContain('2 rows')
    expect({ code, proven: stdout.includes('nothing is left') }).toEqual({ code: 0, proven: true })
    expect(await json(['info', ...where])).toMatchObject({ rowCount: 6 })
    const mentioned = await run(['erase', '--run', 'run-1', '--text', 'shop', '--yes', ...where])
    expect(mentioned.code).toBe(3)
    expect(mentioned.stdout).toMatch(/not verified: .*4 other rows/)
  })

  test('optimize and maintain report what they did', async () => {
    await record(dailyRuns(3), where)
    const optimized = await json(['optimize', ...where])
    expect(optimized).toMatchObject({ optimized: true, optimizationsApplied: expect.arrayContaining(['vacuum']) })
    expect((await run(['optimize', '--skip', 'vacuum', ...where])).stdout).toContain('skipped')
    expect((await run(['optimize', '--skip', 'everything', ...where])).code).toBe(2)
    const maintained = await json(['maintain', '--skip', 'analyze', ...where])
    expect(maintained).toMatchObject({ maintenanceOperations: ['vacuum', 'validate_schema'], schema: { valid: true } })
    const planned = await run(['maintain', '--auto', '--dry-run', ...where])
    expect(planned.stdout).toMatch(/optimize\s+no\s+(one file|1 files)/)
    expect((await run(['maintain', '--auto', ...where])).stdout).toContain('done')
    expect((await run(['maintain', '--dry-run', ...where])).code).toBe(2)
  })

  test('watch prints what is there, and then what is recorded', async () => {
    await record(dailyRuns(1), where)
    const follow = ['watch', '--runs', '-n', '1', '--count', '2', '--interval', '0.05', '--json', ...where]
    let isDone = false
    const watching = run(follow).finally(() => {
      isDone = true
    })
    for (let at = 0; !isDone; at++) await record(dailyRuns(1, { run_id: `new-${at}` }), where)
    const { code, stdout } = await watching
    expect(code).toBe(0)
    const ids = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { run_id: string }).run_id)
    expect(ids).toHaveLength(3)
    expect(new Set(ids).size).toBe(3)
  })
})

test('watch ends with 130 when it is interrupted', async () => {
  const { code } = await run(['watch', '--interval', '0.05'], { signal: AbortSignal.abort() })
  expect(code).toBe(130)
})

test('in a terminal trends are coloured and within its width', async () => {
  await record(dailyRuns(10))
  const { stdout } = await run(['trends'], { columns: 90 })
  expect(stdout).toContain('\u001b[')
  const lines = stripVTControlCharacters(stdout).trimEnd().split('\n')
  for (const line of lines.slice(4)) expect(line.length).toBeLessThanOrEqual(90)
})
