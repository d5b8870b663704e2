// @module-tag many-calls
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLogWriter, type LogRowInput } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { qualityGate } from '@forge/writer-quality'
import { range } from '@forge/writer-quality/rules'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CliOptions, runCli } from './run-cli.ts'

const cwd = newFolder()

/** Two steps a day up to the 29th of November; one of them, in October, took far too long. */
const ROWS: readonly LogRowInput[] = Array.from({ length: 120 }, (_, day) =>
  ['load', 'clean'].map((step, at) => {
    const start = new Date(Date.UTC(2026, 7, 2 + day, 6)).toISOString()
    return {
      run_id: `run-${day}`,
      pipeline_id: 'orders',
      phase: at === 0 ? ('bronze' as const) : ('silver' as const),
      step_name: step,
      start_time: start,
      duration_secs: day === 80 && at === 0 ? 5000 : 100 + ((day * 31) % 17),
      rows_processed: (at + 1) * 1000 + ((day * 37) % 100),
      write_mode: day % 2 === 0 ? ('append' as const) : ('merge' as const),
    }
  }),
).flat()

const RULES = `
- rule: range
  column: duration_secs
  max: 300
- rule: notNull
  column: table_fqn
  severity: warning
- rule: rowCount
  min: 10
`

beforeAll(async () => {
  await writeFile(join(cwd, 'rows.ndjson'), ROWS.map((row) => JSON.stringify(row)).join('\n'))
  await writeFile(join(cwd, 'rules.yaml'), RULES)
  const { code, stderr } = await run(['ingest', 'rows.ndjson'])
  if (code !== 0) throw new Error(stderr)
})

const run = (argv: readonly string[], options: Partial<CliOptions> = {}) => runCli(argv, { cwd, ...options })

async function json(argv: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await run([...argv, '--json'])
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Record<string, unknown>
}

describe('check', () => {
  test('check without a rule file applies the built-in rules', async () => {
    const { code, stdout } = await run(['check'])
    expect(code).toBe(0)
    expect(stdout).toContain('duration_secs is not negative')
    expect(stdout).toContain('quality check passed: ')
  })

  test('check with a rule file prints a table with the failures, and exits with 3', async () => {
    const { code, stdout } = await run(['check', '--rules', 'rules.yaml'])
    expect(code).toBe(3)
    expect(stdout).toMatchSnapshot()
  })

  test('since a time, and with other limits of failure', async () => {
    expect((await run(['check', '-r', 'rules.yaml', '--since', '7d'])).code).toBe(0)
    expect((await run(['check', '-r', 'rules.yaml', '--since', '7d', '--fail-on', 'warning'])).code).toBe(3)
    expect((await run(['check', '-r', 'rules.yaml', '--fail-on', 'never'])).code).toBe(0)
  })

  test('as JSON has the result of the library, with failing rows', async () => {
    const found = await json(['check', '-r', 'rules.yaml'])
    expect(found).toMatchObject({ schemaVersion: 1, rulesFrom: 'rules.yaml', qualityPassed: false, invalidRows: 1 })
    expect(found.failures).toMatchObject([
      { rule: 'range(duration_secs)', failingRows: 1, examples: [{ duration_secs: 5000, run_id: 'run-80' }] },
      { rule: 'notNull(table_fqn)', severity: 'warning', failingRows: 240 },
    ])
    expect(await json(['check', '-r', 'rules.yaml', '--examples', '0'])).toMatchObject({
      failures: [{ examples: [] }, {}],
    })
  })

  test('writes a JUnit report, in which warnings do not fail', async () => {
    await run(['check', '-r', 'rules.yaml', '--junit', 'report.xml'])
    const report = await readFile(join(cwd, 'report.xml'), 'utf8')
    expect(report).toMatch(/<testsuite name="quality of analytics.pipeline_logs" tests="3" failures="1" errors="0" /)
    expect(report).toContain('<failure type="error" message="1 of 240: ')
    expect(report).toContain('<system-out>warning: 240 of 240: table_fqn is not null</system-out>')
    expect((await run(['check', '--junit', 'rules.yaml/report.xml'])).code).toBe(1)
  })

  test('under GitHub Actions makes annotations and a summary, and leaves the data alone', async () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(cwd, 'summary.md') }
    await writeFile(
      join(cwd, 'hostile.json'),
      JSON.stringify([{ rule: 'rowCount', min: 1000, name: 'a:b,c%\n::error::|<b>`', severity: 'error' }]),
    )
    const { code, stdout, stderr } = await run(['check', '-r', 'hostile.json', '--json'], { env })
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ qualityPassed: false })
    expect(stderr).toBe(
      '::error title=Rule a%3Ab%2Cc%25%0A%3A%3Aerror%3A%3A|<b>`::there are at least 1000 rows (observed 240)\n',
    )
    expect(await readFile(env.GITHUB_STEP_SUMMARY, 'utf8')).toContain(
      '| FAIL | a:b,c% ::error::\\|&#60;b&#62;\\` | 240 | 0 |',
    )
    const told = await run(['check', '-r', 'rules.yaml', '--github'], { env: {} })
    expect(told.stderr).toMatch(
      /^::error title=Rule range\(duration_secs\)::.*\n::warning title=Rule notNull\(table_fqn\)::/,
    )
  })

  test('takes the nearest rule file up to the root of the repository, but no module', async () => {
    const inner = join(cwd, 'repo', 'jobs')
    await mkdir(join(cwd, 'repo', '.git'), { recursive: true })
    await mkdir(inner)
    await writeFile(join(cwd, 'repo', 'forge-writer.rules.mjs'), 'throw new Error("it runs")')
    const argv = ['check', '--path', join(cwd, 'logs.duckdb')]
    expect((await run(argv, { cwd: inner })).code).toBe(0)
    await writeFile(join(cwd, 'repo', 'forge-writer.rules.yaml'), RULES)
    expect((await run(argv, { cwd: inner })).code).toBe(3)
  })

  test('a wrong rule file is a usage error that lists every problem', async () => {
    await writeFile(join(cwd, 'wrong.yaml'), '- rule: range\n  column: duration_secs\n- rule: nope\n')
    const { code, stdout, stderr } = await run(['check', '-r', 'wrong.yaml'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('wrong.yaml:1:3 [0]:')
    expect(stderr).toContain('wrong.yaml:3:3 [1]:')
    expect((await run(['check', '-r', 'none.yaml'])).code).toBe(2)
  })
})

describe('profile', () => {
  test('is a table of the columns', async () => {
    expect((await run(['profile', '-c', 'duration_secs,phase,start_time,table_fqn'])).stdout).toMatchSnapshot()
  })

  test('as JSON has every figure, of the rows that are asked for', async () => {
    const found = await json(['profile', '-c', 'duration_secs', '--since', '2026-11-28', '--top', '1', '--approximate'])
    expect(found).toMatchObject({ rows: 4, approximate: true, columns: [{ count: 4, distinct: 2, min: 100 }] })
    expect((await run(['profile', '-c', 'nope'])).code).toBe(1)
  })
})

describe('suggest', () => {
  test('prints a rule file that check takes', async () => {
    const { code, stdout, stderr } = await run(['suggest'])
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^\d+ rules suggested from 240 rows/),
    })
    expect(stdout).toContain(
      '# 2 different values in 240 rows: "append" 120, "merge" 120; none failed\n  - rule: oneOf',
    )
    await writeFile(join(cwd, 'printed.yaml'), stdout)
    expect((await run(['check', '-r', 'printed.yaml'])).code).toBe(0)
  })

  test('suggest writes a file, and replaces one only with --force', async () => {
    const argv = ['suggest', '-o', 'suggested.yaml', '--since', '100d']
    expect(await run(argv)).toMatchObject({ code: 0, stdout: '' })
    expect(await readFile(join(cwd, 'suggested.yaml'), 'utf8')).toMatch(
      /^# Suggested from \d+ rows .* since 2026-08-22T/,
    )
    expect((await run(argv)).code).toBe(2)
    expect((await run([...argv, '--force'])).code).toBe(0)
  })

  test('of few rows writes nothing', async () => {
    const { code, stderr } = await run(['suggest', '-o', 'few.yaml', '--since', '3d'])
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^no rule suggested: .* 30 rows .* 4 rows/),
    })
    expect(existsSync(join(cwd, 'few.yaml'))).toBe(false)
  })
})

describe('quarantine', () => {
  const path = () => join(cwd, 'held.duckdb')

  beforeAll(async () => {
    const storage = duckdbStorage({ path: path() })
    const writer = await createLogWriter({
      storage,
      config: { tableSchema: 'analytics', tableName: 'pipeline_logs' },
      hooks: [qualityGate({ rules: [range('duration_secs', { max: 300 })], policy: 'quarantine' })],
    })
    await writer.writeLogRows(ROWS.slice(158, 162), { batchId: 'b1' })
    await writer.close()
    await storage.close()
  })

  test('quarantine list prints quarantined rows with the reasons', async () => {
    expect(await json(['quarantine', 'list', '--path', path()])).toMatchObject({
      rows: [{ id: 'b1:2', batchId: 'b1', reasons: [{ rule: 'range(duration_secs)' }], row: { run_id: 'run-80' } }],
    })
    const { stdout } = await run(['quarantine', 'list', '--path', path(), '-w', "step_name = 'load'"])
    expect(stdout).toMatch(
      /^id +quarantined \(UTC\) +run +pipeline +step +breaks\nb1:2 .* run-80 +orders +load +range\(duration_secs\)\n$/,
    )
  })

  test('quarantine release names the rule that a row still breaks, whatever rules are given', async () => {
    const release = ['quarantine', 'release', '--all', '--path', path()]
    const { code, stdout, stderr } = await run(release)
    expect({ code, stdout }).toEqual({ code: 3, stdout: '0 rows released, 1 kept in quarantine\n' })
    expect(stderr).toContain('range(duration_secs): b1:2')
    expect(await json(release)).toMatchObject({
      brokenRules: [{ rule: 'range(duration_secs)', rows: 1, ids: ['b1:2'] }],
    })
  })

  test('releases what passes, and holds the rest back again', async () => {
    const release = ['quarantine', 'release', '--path', path()]
    await writeFile(join(cwd, 'gate.yaml'), '- duration_secs <= 300')
    expect((await run(release)).code).toBe(2)
    expect((await run([...release, '--all', '--set', 'nope=1'])).code).toBe(2)
    expect((await run([...release, '--all', '--set', 'duration_secs=long'])).code).toBe(2)
    const again = await run([...release, '--all', '-r', 'gate.yaml'])
    expect(again).toMatchObject({ code: 3, stdout: '0 rows released, 1 kept in quarantine\n' })
    const { rows } = (await json(['quarantine', 'list', '--path', path()])) as { rows: { id: string }[] }
    const corrected = [...release, rows[0]?.id ?? '', '--set', 'duration_secs=12.5', '-r', 'gate.yaml']
    expect(await run(corrected)).toMatchObject({ code: 0, stdout: '1 rows released, 0 kept in quarantine\n' })
    expect(
      await json(['query', '--path', path(), '--run', 'run-80', '-c', 'duration_secs', '-w', "step_name = 'load'"]),
    ).toMatchObject({
      rows: [{ duration_secs: 12.5 }],
    })
    expect((await run(['quarantine', 'list', '--path', path()])).stdout).toBe('no rows in quarantine\n')
  })
})
