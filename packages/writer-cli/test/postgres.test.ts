// @module-tag many-calls
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describePostgres } from '@forge/fixtures/postgres-tests'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { bin, startProcess } from './record-process.ts'
import { runCli } from './run-cli.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.parse('2026-11-30T12:00:00Z')

/** The daily runs of a pipeline, of which the last is slow and fails. */
const ROWS = Array.from({ length: 30 }, (_none, at) => {
  const isLast = at === 29
  const startMs = NOW_MS - (30 - at) * DAY_MS
  const row = {
    run_id: `run-${String(at).padStart(2, '0')}`,
    pipeline_id: 'shop',
    phase: 'gold',
    step_name: 'load',
    start_time: new Date(startMs).toISOString(),
    end_time: new Date(startMs + (isLast ? 900 : 60) * 1000).toISOString(),
    duration_secs: isLast ? 900 : 60 + (at % 3),
    rows_processed: 1000 + at,
    rows_written: 1000 + at,
    valid_rows: 990,
    invalid_rows: 10,
    validation_rate: 99,
    success: !isLast,
    error_message: isLast ? 'disk 7 is full' : null,
    metadata: { host: `h${at % 2}` },
    created_at: new Date(startMs).toISOString(),
    updated_at: new Date(startMs).toISOString(),
  }
  // No two rows start at the same time: the order of those that do is undefined.
  const ownStart = new Date(startMs - 1000).toISOString()
  return [row, { ...row, start_time: ownStart, phase: 'pipeline', step_name: 'shop', step_type: 'run' }]
}).flat()

/** Commands that answer by JSON, and must say the same on every storage. */
const COMMANDS: readonly (readonly string[])[] = [
  ['show', '--limit', '5'],
  ['show', '--runs'],
  ['query', '-w', "step_name like 'lo%' and duration_secs > 60", '--limit', '3'],
  ['query', '-w', "matches(error_message, 'disk [0-9]+')"],
  ['status'],
  ['pipelines'],
  ['runs', '--limit', '5'],
  ['run', 'view', 'run-29'],
  ['why', 'run-29'],
  ['compare', 'run-28', 'run-29'],
  ['summary', '--days', '20'],
  ['trends', '--bucket', 'week', '--time-zone', 'Europe/Berlin'],
  ['sla', '--max-duration', '110', '--min-success', '99'],
  ['check', '--rules', 'rules.json'],
  ['profile'],
  ['suggest'],
  ['anomalies', '--since', '7d'],
  ['backtest', '--days', '20'],
  ['quarantine', 'list'],
  ['alerts', 'list'],
  ['evaluate'],
  ['prune', '--dry-run'],
]
/** What depends on the place, or on the moment of the call. */
const VARYING =
  /durationMs|durationSecs|DurationSecs|path|location|tableFqn|detectedAt|storage|sizeBytes|bytes|estimatedBytes/

let cwd = ''
beforeEach(async () => {
  cwd = newFolder()
  await writeFile(join(cwd, 'rows.ndjson'), ROWS.map((row) => JSON.stringify(row)).join('\n'))
  const config = { retention: { keepDays: 10 }, alerts: [{ kind: 'command', to: 'true', on: ['failure', 'anomaly'] }] }
  await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify(config))
  const rules = [{ rule: 'range', column: 'duration_secs', max: 600 }]
  await writeFile(join(cwd, 'rules.json'), JSON.stringify(rules))
})

/** Servers interpolate between two numbers in another order of operations, which changes the last digits of a quantile. */
const comparable = (key: string, value: unknown) =>
  VARYING.test(key) ? 0 : typeof value === 'number' ? Number(value.toPrecision(12)) : value

async function call(path: string, argv: readonly string[]) {
  const { code, stdout, stderr } = await runCli([...argv, '--path', path, '--json'], { cwd })
  return { code, answer: stdout === '' ? stderr : JSON.parse(stdout, comparable) }
}

describePostgres('a log in PostgreSQL', (server) => {
  const fill = async (path: string) =>
    expect((await call(path, ['ingest', 'rows.ndjson'])).answer).toMatchObject({ written: ROWS.length, rejected: 0 })

  test('answers every command as a log in a file does', async () => {
    const { url } = server.newDatabase()
    for (const path of ['logs.duckdb', url]) await fill(path)
    for (const argv of COMMANDS) {
      const expected = await call('logs.duckdb', argv)
      expect([argv, await call(url, argv)]).toEqual([argv, expected])
      expect([argv, typeof expected.answer]).toEqual([argv, 'object'])
    }
  })

  test('is copied from DuckDB and to DuckDB and Delta with every value', async () => {
    const { url } = server.newDatabase()
    await fill('logs.duckdb')
    expect(await call('logs.duckdb', ['convert', '--to', url])).toMatchObject({
      code: 0,
      answer: { rows: ROWS.length },
    })
    for (const [to, kind] of [
      ['back.duckdb', 'duckdb'],
      ['lake', 'delta'],
    ] as const) {
      const { code } = await call(url, ['convert', '--to', to, '--to-storage', kind])
      expect([kind, code]).toEqual([kind, 0])
    }
    const rowsIn = async (path: string, ...more: string[]) =>
      JSON.parse((await runCli(['query', '--path', path, '--order', 'start_time', '--json', ...more], { cwd })).stdout)
        .rows
    const expected = await rowsIn('logs.duckdb')
    expect(expected.length).toBeGreaterThan(10)
    expect(await rowsIn(url)).toEqual(expected)
    expect(await rowsIn('back.duckdb')).toEqual(expected)
    expect(await rowsIn('lake', '--storage', 'delta')).toEqual(expected)
    expect((await call('logs.duckdb', ['convert', '--to', url])).code).toBe(1)
  })

  test('that is partitioned by month loses whole months when it is pruned, and the rows of the others that are too old', async () => {
    const { url } = server.newDatabase()
    const path = `${url}${url.includes('?') ? '&' : '?'}partition_by_month=start_time`
    await fill('logs.duckdb')
    await fill(path)
    const sql = 'select inhrelid::regclass::text from pg_inherits order by 1'
    const partitions = () =>
      execFileSync(join(server.programs, 'psql'), ['--no-psqlrc', '-At', '-c', sql, url], { encoding: 'utf8' })
        .trim()
        .split('\n')
    const before = partitions()
    const oldest =
      ROWS.map(({ start_time }) => start_time)
        .sort()[0]
        ?.slice(0, 7) ?? ''
    const days = ['--keep-days', '5']
    expect((await call(path, ['prune', ...days, '--dry-run'])).answer).toMatchObject({ rowsDeleted: 0 })
    expect(partitions()).toEqual(before)
    const expected = await call('logs.duckdb', ['prune', ...days])
    expect((await call(path, ['prune', ...days])).answer).toMatchObject({
      rowsDeleted: (expected.answer as { rowsDeleted: number }).rowsDeleted,
    })
    expect(before.length).toBeGreaterThan(partitions().length)
    expect(partitions().join()).not.toContain(oldest.replace('-', '_'))
    const left = ['query', '--order', 'start_time', '--columns', 'run_id,start_time']
    expect((await call(path, left)).answer).toMatchObject({
      rows: ((await call('logs.duckdb', left)).answer as { rows: unknown }).rows,
    })
  })

  test('is recorded into, described, exported and reported', async () => {
    const { url } = server.newDatabase()
    await fill(url)
    expect((await runCli(['record', '--path', url, '--', process.execPath, '-e', ''], { cwd })).code).toBe(0)
    expect((await call(url, ['info'])).answer).toMatchObject({ exists: true, rowCount: ROWS.length + 1 })
    expect((await call(url, ['history'])).answer).toMatchObject({ totalVersions: 2 })
    expect((await call(url, ['export', '-o', 'rows.csv'])).code).toBe(0)
    expect((await runCli(['report', '--path', url, '-o', 'report.html'], { cwd })).code).toBe(0)
    expect((await runCli(['badge', '--path', url, '-o', 'badge.svg'], { cwd })).code).toBe(0)
    expect(await readdir(cwd)).toEqual(expect.arrayContaining(['badge.svg', 'report.html', 'rows.csv']))
    expect((await readdir(cwd)).filter((name) => name.startsWith('postgres'))).toEqual([])
  })

  test('is kept in order: each command says what it does there and what it does not', async () => {
    const { url } = server.newDatabase()
    await fill(url)
    expect(await call(url, ['doctor', '--deep'])).toMatchObject({ code: 0, answer: { healthy: true } })
    const repair = await runCli(['doctor', '--repair', '--path', url], { cwd })
    expect([repair.code, /cannot be repaired/.test(repair.stderr)]).toEqual([1, true])
    const optimized = await call(url, ['optimize'])
    expect(optimized).toMatchObject({
      code: 0,
      answer: { optimizationsApplied: ['vacuum'], skipped: [{ name: 'compaction' }] },
    })
    expect((await call(url, ['maintain'])).answer).toMatchObject({
      maintenanceOperations: ['vacuum', 'analyze', 'validate_schema'],
      skipped: [],
    })
    expect((await call(url, ['prune'])).answer).toMatchObject({ rowsDeleted: 41 })
    const erased = await call(url, ['erase', '-w', "run_id = 'run-25'", '--yes'])
    // Nobody can read the files of a server from here, so nothing is proven.
    expect(erased).toMatchObject({ code: 3, answer: { rowsErased: 2, proof: { isProven: false, rowsLeft: 0 } } })
    expect((await call(url, ['info'])).answer).toMatchObject({ rowCount: 17 })
  })

  const isBuilt = existsSync(bin)
  test.skipIf(!isBuilt)(
    `is served, and rows of other processes come in (${isBuilt ? 'built' : 'needs a build'})`,
    async () => {
      const { url } = server.newDatabase()
      await fill(url)
      const serving = startProcess(process.execPath, [bin, 'serve', '--port', '0', '--json', '--path', url], {
        cwd,
        env: {},
      })
      try {
        let text = ''
        serving.child.stdout?.on('data', (chunk: string) => {
          text += chunk
        })
        await serving.seen('}\n')
        const origin = (JSON.parse(text) as { url: string }).url
        const runs = async () =>
          ((await (await fetch(new URL('/api/v1/runs', origin))).json()) as { runs: unknown[] }).runs
        const before = (await runs()).length
        await runCli(['record', '--path', url, '--', process.execPath, '-e', ''], { cwd })
        await expect.poll(async () => (await runs()).length, { timeout: 20_000 }).toBe(before + 1)
      } finally {
        serving.child.kill('SIGTERM')
        await serving.ended
      }
    },
  )
})
