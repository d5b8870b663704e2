// @module-tag many-calls
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { samplesDirectory } from '@forge/fixtures'
import { newFolder } from '@forge/writer-core/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CliOptions, runCli } from './run-cli.ts'

const cwd = newFolder()
beforeAll(async () => {
  await cp(join(samplesDirectory, 'dbt'), join(cwd, 'dbt'), { recursive: true })
})

const run = (argv: readonly string[], options: Partial<CliOptions> = {}) => runCli(argv, { cwd, ...options })

async function json(argv: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run([...argv, '--json'])
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Record<string, unknown>
}

describe('real dbt runs', () => {
  test('go in, 242 rows of 7 runs', async () => {
    const { code, stdout, stderr } = await run(['ingest', 'dbt'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatchSnapshot()
  })

  test('add nothing when they come again', async () => {
    const before = await json(['info'])
    const report = await json(['ingest', 'dbt'])
    expect(report).toMatchObject({ records: 242, written: 0, alreadyThere: 242, rejected: 0, rejectsFile: null })
    expect(await json(['info'])).toMatchObject({ rowCount: before.rowCount, version: before.version })
  })

  test('are shown, newest first, in a pipe without cuts and colours', async () => {
    const { stdout } = await run(['show', '--runs'])
    expect(stdout).toMatchSnapshot()
  })

  test('are shown in a terminal in colour and within its width', async () => {
    const { stdout } = await run(['show', '--limit', '5'], { columns: 100 })
    expect(stdout).toContain('\u001b[')
    const lines = stripVTControlCharacters(stdout).trimEnd().split('\n')
    // A header, five rows, and the columns that the terminal has no room for.
    expect(lines).toHaveLength(7)
    expect(lines.at(-1)).toContain('not shown: ')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
  })

  test('are summarised', async () => {
    expect((await run(['summary'])).stdout).toMatchSnapshot()
    expect(await json(['summary'])).toMatchObject({ schemaVersion: 1, totalExecutions: 7, totalSteps: 235 })
    expect(await json(['summary', '--days', '30'])).toMatchObject({ reportAvailable: false, totalExecutions: 0 })
  })

  test('are described', async () => {
    const { stdout } = await run(['info'])
    expect(stdout.replaceAll(cwd, '.').replace(/size .*/, 'size')).toMatchSnapshot()
  })

  test('have a history', async () => {
    const { totalVersions, versions } = (await json(['history', '-n', '2'])) as {
      totalVersions: number
      versions: { operation: string; batchId: string }[]
    }
    expect(totalVersions).toBeGreaterThanOrEqual(7)
    expect(versions).toHaveLength(2)
    expect(versions[0]?.batchId).toMatch(/^dbt:[0-9a-f-]{36}:rows:[0-9a-f]{32}$/)
    expect((await run(['history', '-n', '1'])).stdout).toContain('older')
  })

  test('are found by conditions, in an order', async () => {
    const slowest = ['-w', "phase != 'pipeline'", '-w', 'duration_secs > 3', '-o', 'duration_secs:desc']
    const { stdout } = await run(['query', ...slowest, '-n', '3', '-c', 'step_name,duration_secs'])
    expect(stdout).toMatchSnapshot()
    const { rows } = (await json(['query', '--failed', '--phase', 'pipeline'])) as { rows: { run_id: string }[] }
    expect(rows).toHaveLength(2)
    const lines = (await run(['query', '--json', '--stream', '--run', rows[0]?.run_id ?? ''])).stdout.trim().split('\n')
    expect(new Set(lines.map((line) => (JSON.parse(line) as { run_id: string }).run_id))).toEqual(
      new Set([rows[0]?.run_id]),
    )
    expect(await json(['query', '--since', '2026-01-01', '--limit', '1000'])).toMatchObject({ rows: { length: 47 } })
  })

  test('come out and go into another log unchanged, in every format', async () => {
    const { rows } = (await json(['query', '--limit', '1000', '-o', 'run_id,step_name'])) as { rows: object[] }
    for (const format of ['parquet', 'csv', 'json', 'ndjson']) {
      const file = `out.${format}`
      expect(await json(['export', '-o', file]), format).toMatchObject({ recordsExported: 242, format })
      expect((await stat(join(cwd, file))).size).toBeGreaterThan(1000)
      const path = ['--path', `${format}.duckdb`]
      expect(await json(['ingest', file, ...path]), format).toMatchObject({ records: 242, written: 242, rejected: 0 })
      const copied = (await json(['query', '--limit', '1000', '-o', 'run_id,step_name', ...path])) as { rows: object[] }
      const withoutStamps = (list: readonly object[]) =>
        list.map((row) => ({ ...row, updated_at: null, created_at: null }))
      expect(withoutStamps(copied.rows), format).toEqual(withoutStamps(rows))
    }
  })

  test('come out on standard output', async () => {
    const { stdout, code } = await run(['export', '-o', '-', '-f', 'ndjson', '--phase', 'pipeline', '-c', 'run_id'])
    expect(code).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(7)
  })

  test('an export does not replace a file', async () => {
    await writeFile(join(cwd, 'mine.csv'), 'mine')
    expect((await run(['export', '-o', 'mine.csv'])).code).toBe(1)
    expect(await readFile(join(cwd, 'mine.csv'), 'utf8')).toBe('mine')
  })

  test('the storage is healthy', async () => {
    const { code, stdout } = await run(['doctor'])
    expect(code).toBe(0)
    expect(stdout).toContain('healthy')
  })
})

test('a log goes into Delta and back unchanged, and every command works there', async () => {
  const all = ['--limit', '1000', '-o', 'run_id,step_name']
  const before = await json(['query', ...all])
  expect(await json(['convert', '--to', 'lake', '--to-storage', 'delta'])).toMatchObject({ rows: 242 })
  const lake = ['--storage', 'delta', '--path', 'lake']
  expect(await json(['query', ...all, ...lake])).toEqual(before)
  expect(await json(['summary', ...lake])).toMatchObject({ totalExecutions: 7, totalSteps: 235 })
  expect(await json(['info', ...lake])).toMatchObject({ rowCount: 242, storage: 'delta' })
  expect(await json(['history', ...lake])).toMatchObject({ totalVersions: expect.any(Number) })
  expect(await json(['show', '-n', '3', ...lake])).toMatchObject({ rows: { length: 3 } })
  expect(await json(['export', '-o', 'lake.csv', ...lake])).toMatchObject({ recordsExported: 242 })
  expect(await json(['ingest', 'dbt', ...lake])).toMatchObject({ records: 242, rejected: 0 })
  expect(await json(['info', ...lake])).toMatchObject({ rowCount: 242 })
  const inspected = await json(['delta', 'inspect', 'lake/analytics/pipeline_logs'])
  expect(inspected).toMatchObject({ rows: 242, protocol: { minReaderVersion: expect.any(Number) } })
  expect(await json(['convert', ...lake, '--to', 'back.duckdb', '--to-storage', 'duckdb'])).toMatchObject({ rows: 242 })
  const again = await run(['convert', '--to', 'back.duckdb', '--to-storage', 'duckdb'])
  expect(again.code).toBe(1)
  expect(again.stderr).toMatch(/error TABLE.*242 rows/)
})

test.each([
  ['query', '--stream'],
  ['show', '--stream'],
  ['query', '--columns', ','],
  ['query', '--since', '1d', '--until', '2d'],
])('flags that contradict each other are wrong usage: %s', async (...argv) => {
  expect((await run(argv)).code).toBe(2)
})

test('text from the log cannot move the cursor', async () => {
  const row = { run_id: '\u001b[2Jr', phase: 'gold', step_name: '\u202eevil\r', pipeline_id: 'p\n' }
  await run(['ingest', '-', '--path', 'evil.duckdb', '-f', 'ndjson'], { stdin: JSON.stringify(row) })
  const { stdout } = await run(['show', '--path', 'evil.duckdb'])
  expect(stdout).toContain('\\x1b[2Jr')
  expect(stdout).toContain('\\u202eevil\\r')
  for (const character of ['\u001b', '\u202e', '\r']) expect(stdout).not.toContain(character)
})

test.each(['show', 'query', 'summary', 'history', 'doctor'])(
  '%s of a log that does not exist fails, and creates no file',
  async (name) => {
    const { code, stdout, stderr } = await run([name, '--path', 'nothing.duckdb'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('error TABLE')
    expect(await readdir(cwd)).not.toContain('nothing.duckdb')
  },
)

test('maintain --migrate migrates older tables if the storage supports it', async () => {
  await run(['ingest', 'dbt', '--path', 'migrated.duckdb'])
  const argv = ['maintain', '--migrate', '--path', 'migrated.duckdb']
  expect(await json(argv)).toMatchObject({ migrated: {}, schema: { valid: true } })
  expect((await run(argv)).stdout).toMatch(/migrate +\S/)
  expect((await run([...argv, '--auto', '--dry-run'])).code).toBe(2)
  await run(['ingest', 'dbt', '--path', 'unmigrated', '--storage', 'delta'])
  expect((await run(['maintain', '--migrate', '--path', 'unmigrated', '--storage', 'delta'])).code).toBe(1)
})

test('doctor reports a database file that is missing', async () => {
  await run(['ingest', 'dbt', '--path', 'gone.duckdb'])
  await rm(join(cwd, 'gone.duckdb'))
  const { code, stdout } = await run(['doctor', '--path', 'gone.duckdb', '--json'])
  expect(code).toBe(3)
  expect(JSON.parse(stdout)).toMatchObject({
    healthy: false,
    checks: expect.arrayContaining([expect.objectContaining({ name: 'file', status: 'problem' })]),
  })
  await writeFile(join(cwd, 'gone.duckdb.wal'), '')
  expect((await run(['show', '--path', 'gone.duckdb'])).stderr).toContain('gone.duckdb')
})

test('every reading command reports data loss and exits with 3', async () => {
  await run(['ingest', 'dbt', '--path', 'lossy.duckdb'])
  const mark = join(cwd, 'lossy.duckdb.mark')
  const { sequence, rowsAdded } = JSON.parse(await readFile(mark, 'utf8'))
  await writeFile(mark, JSON.stringify({ sequence: sequence + 2, commitId: 'gone', rowsAdded: rowsAdded + 7 }))
  for (const argv of [
    ['show'],
    ['summary'],
    ['info'],
    ['query', '--json'],
    ['history'],
    ['export', '-o', '-', '-f', 'csv'],
  ]) {
    const { code, stdout, stderr } = await run([...argv, '--path', 'lossy.duckdb'])
    expect([argv[0], code]).toEqual([argv[0], 3])
    expect(stdout).not.toBe('')
    expect(stderr).toContain('2 commits with 7 rows')
  }
  expect((await run(['ingest', 'dbt', '--path', 'lossy.duckdb'])).code).not.toBe(0)
  expect((await run(['doctor', '--path', 'lossy.duckdb'])).code).toBe(3)
  expect((await run(['doctor', '--repair', '--path', 'lossy.duckdb'])).code).toBe(0)
  expect((await run(['show', '--path', 'lossy.duckdb'])).code).toBe(0)
  expect((await run(['doctor', '--deep', '--path', 'lossy.duckdb'])).stdout).toMatch(/every value/i)
})

test('a path of another kind of storage is an error, never an empty log', async () => {
  await mkdir(join(cwd, 'folder'))
  await writeFile(join(cwd, 'file'), '')
  for (const argv of [
    ['--path', 'folder'],
    ['--path', 'file', '--storage', 'delta'],
  ]) {
    const { code, stdout, stderr } = await run(['show', ...argv])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/error TABLE.*(folder|file).*(duckdb|delta)/)
  }
  expect((await run(['show', '--path', ''])).code).toBe(2)
})

test.each([['show'], ['check'], ['summary'], ['export', '-o', 'none.csv'], ['erase', '--run', 'r', '--yes']])(
  '%s of a missing table fails, and names the existing tables',
  async (...argv) => {
    await run(['ingest', 'dbt', '--path', 'named.duckdb'])
    const { code, stdout, stderr } = await run([...argv, '--path', 'named.duckdb', '--table', 'pipeline_log'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/error TABLE.*analytics\.pipeline_log\b/)
    expect(stderr).toContain('analytics.pipeline_logs')
  },
)

test('info of a log that does not exist says so', async () => {
  expect(await json(['info', '--path', 'nothing.duckdb'])).toMatchObject({ exists: false, rowCount: 0 })
})

test('query prints a note if there are more rows, unless --limit is given', async () => {
  await run(['ingest', 'dbt', '--path', 'more.duckdb'])
  const query = (...argv: string[]) => run(['query', '--path', 'more.duckdb', ...argv])
  const cut = await query('--json', '--stream')
  expect(cut.stdout.trim().split('\n')).toHaveLength(50)
  expect(cut.stderr).toMatch(/50 rows.*--limit/)
  expect((await query('-n', '3')).stderr).toBe('')
  expect((await query('--phase', 'pipeline')).stderr).toBe('')
})

test('an invalid condition is a configuration error', async () => {
  const { code, stderr } = await run(['query', '-w', 'drop table pipeline_logs'])
  expect(code).toBe(2)
  expect(stderr).toContain('error CONFIGURATION')
})

test('an interrupted command exits with 130', async () => {
  const controller = new AbortController()
  controller.abort()
  const { code } = await run(['ingest', 'dbt', '--path', 'interrupted.duckdb'], { signal: controller.signal })
  expect(code).toBe(130)
})
