// @module-tag many-calls
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLogWriter, type LogRowInput, type StorageBackend } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeEach, describe, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.parse('2026-11-30T12:00:00Z')

let cwd = ''

beforeEach(() => {
  cwd = newFolder()
})

const STORAGES: readonly (readonly [string, string, (path: string) => StorageBackend])[] = [
  ['duckdb', 'log.duckdb', (path) => duckdbStorage({ path })],
  ['delta', 'lake', (path) => deltaStorage({ path })],
]

describe.each(STORAGES)('in %s', (kind, name, open) => {
  const where = ['--storage', kind, '--path', name]

  async function record(rows: readonly LogRowInput[]): Promise<void> {
    const config = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
    const now = () => new Date(NOW_MS)
    const writer = await createLogWriter({ storage: open(join(cwd, name)), config, now })
    await writer.writeLogRows(rows)
    await writer.close()
  }

  function daily(pipeline_id: string, daysAgo: readonly number[]): LogRowInput[] {
    return daysAgo.map((days) => {
      const start_time = new Date(NOW_MS - days * DAY_MS)
      const times = { start_time, end_time: new Date(start_time.getTime() + 60_000), duration_secs: 60 }
      return {
        run_id: `${pipeline_id}-${days}`,
        pipeline_id,
        phase: 'gold',
        step_name: 'load',
        rows_processed: 10,
        ...times,
      }
    })
  }

  const run = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runCli([...argv, ...where], { cwd, env })

  async function json(argv: readonly string[]): Promise<Record<string, unknown>> {
    const { stdout, stderr } = await run([...argv, '--json'])
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout) as Record<string, unknown>
  }

  /** How a command ends without a build, in one, and as its option says. */
  async function codes(argv: readonly string[]) {
    return {
      alone: (await run(argv)).code,
      build: (await run(argv, { CI: 'true' })).code,
      noBuild: (await run(argv, { CI: 'false' })).code,
      on: (await run([...argv, '--fail-on-empty'])).code,
      off: (await run([...argv, '--no-fail-on-empty'], { CI: '1' })).code,
    }
  }
  const EMPTY = { alone: 0, build: 3, noBuild: 0, on: 3, off: 0 }
  const GOOD = { alone: 0, build: 0, noBuild: 0, on: 0, off: 0 }

  test('rules over no row are not judged, in every output', async () => {
    await record(daily('shop', [20]))
    const argv = ['check', '--since', '2d']
    expect(await json(argv)).toMatchObject({ verdict: 'notJudged', failures: [] })
    expect(await codes(argv)).toEqual(EMPTY)
    expect((await run(argv)).stdout).not.toMatch(/100 %|score/)
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(cwd, 'summary.md') }
    const asText = await run([...argv, '--junit', 'report.xml'], env)
    expect(asText.stdout).toContain('nothing was judged')
    expect(asText.stdout).not.toMatch(/check passed|score/)
    expect(asText.stderr).toContain('::warning title=Quality::nothing in analytics.pipeline_logs was judged')
    expect(await readFile(join(cwd, 'summary.md'), 'utf8')).toContain('### Nothing was judged')
    const report = await readFile(join(cwd, 'report.xml'), 'utf8')
    const cases = report.match(/<testcase /g)?.length
    expect(report.match(/<skipped /g)).toHaveLength(cases ?? -1)
    expect(report).toContain(`skipped="${cases}"`)
    expect(await codes(['check'])).toEqual(GOOD)
  })

  test('without rules nothing is judged, and a rule without rows does not pass next to one that does', async () => {
    await record(daily('shop', [1, 2]))
    await writeFile(join(cwd, 'none.json'), JSON.stringify({ version: 1, rules: [] }))
    const none = await run(['check', '-r', 'none.json', '--junit', 'report.xml'])
    if (none.code !== 2) {
      expect(await json(['check', '-r', 'none.json'])).toMatchObject({ verdict: 'notJudged', outcomes: [] })
      expect(await codes(['check', '-r', 'none.json'])).toEqual(EMPTY)
      expect(await readFile(join(cwd, 'report.xml'), 'utf8')).toContain('<skipped message="no rules"/>')
    }
    const rules = [
      { rule: 'notNull', column: 'run_id' },
      { rule: 'notNull', column: 'step_name', where: "pipeline_id = 'dead'" },
    ]
    await writeFile(join(cwd, 'rules.json'), JSON.stringify({ version: 1, rules }))
    expect(await json(['check', '-r', 'rules.json'])).toMatchObject({
      verdict: 'passed',
      outcomes: [{ verdict: 'passed' }, { verdict: 'notJudged', checkedRows: 0 }],
    })
    const { stdout, stderr } = await run(['check', '-r', 'rules.json', '--github'])
    expect(stdout).toContain('1 of 2 rules passed; 1 not judged')
    expect(stderr).toContain('::notice title=Rule notNull(step_name)::not judged')
    expect(await codes(['check', '-r', 'rules.json'])).toEqual(GOOD)
  })

  test('a dead pipeline among living ones is not judged, and never kept', async () => {
    await record([...daily('etl_live', [1, 2]), ...daily('etl_dead', [60])])
    const argv = ['sla', '--pipeline', 'etl_*', '--max-duration', '100']
    expect(await json(argv)).toMatchObject({
      verdict: 'notJudged',
      objectives: [
        { pipeline: 'etl_dead', verdict: 'notJudged', judged: 0, keptPercent: null },
        { pipeline: 'etl_live', verdict: 'passed', judged: 2 },
      ],
    })
    expect(await codes(argv)).toEqual(EMPTY)
    expect((await run(argv)).stdout).toContain('not judged')
    expect(await codes(['sla', '--pipeline', 'etl_live', '--max-duration', '100'])).toEqual(GOOD)
    const due = await json(['sla', '--pipeline', 'etl_*', '--due', '13:00', '--days', '2'])
    expect(due).toMatchObject({ verdict: 'failed', objectives: [{ pipeline: 'etl_dead', verdict: 'failed' }, {}] })
  })

  test('levels that fit nothing, and no levels, are not judged', async () => {
    await record(daily('shop', [1]))
    const argv = ['sla', '--pipeline', 'etl_*', '--max-duration', '100']
    expect(await json(argv)).toMatchObject({ verdict: 'notJudged', objectives: [], unmatched: ['etl_*'] })
    expect(await codes(argv)).toEqual(EMPTY)
    expect(await codes(['sla'])).toEqual(EMPTY)
    const config = { serviceLevels: [{ pipeline: 'gone', minSuccessRatePercent: 99 }] }
    await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify(config))
    expect(await json(['sla'])).toMatchObject({ verdict: 'notJudged', objectives: [{ pipeline: 'gone', judged: 0 }] })
    expect(await codes(['sla'])).toEqual(EMPTY)
  })

  test('anomalies without a row, or without a history, are not judged', async () => {
    await record([...daily('new', [1]), ...daily('old', [40, 41, 42, 43, 44, 45])])
    const argv = ['anomalies', '--dry-run', '--pipeline', 'new']
    expect(await json(argv)).toMatchObject({ verdict: 'notJudged', rowsJudged: 1, steps: 1, withoutHistory: 1 })
    expect(await codes(argv)).toEqual(EMPTY)
    expect(await json(['anomalies', '--dry-run', '--since', '1h', '--pipeline', 'new'])).toMatchObject({
      verdict: 'notJudged',
      rowsJudged: 0,
      steps: 0,
    })
  })

  test.each([
    [['check', '--pipeline', 'shpo'], 'shop'],
    [['check', '--run', 'shop-11'], 'shop-1'],
    [['anomalies', '--pipeline', 'Shop_'], 'shop'],
    [['sla', '--pipeline', 'sho', '--max-duration', '1'], 'shop'],
    [['export', '-o', '-', '-f', 'csv', '--pipeline', 'shopp'], 'shop'],
    [['query', '--pipeline', 'shp'], 'shop'],
    [['profile', '--run', 'hop-1'], 'shop-1'],
    [['feedback', 'maintenance', '--from', '2026-11-01', '--pipeline', 'shpo'], 'shop'],
    [['feedback', 'maintenance', '--from', '2026-11-01', '--step', 'laod'], 'load'],
  ])('%j names what stands nowhere, and what was meant', async (argv, meant) => {
    await record([...daily('shop', [1]), ...daily('other', [1])])
    const { code, stdout, stderr } = await run(argv)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(meant)
  })

  test('a table that is mistyped is an error that names the one that was meant', async () => {
    await record(daily('shop', [1]))
    const { code, stderr } = await run(['check', '--table', 'pipline_logs'])
    expect(code).toBe(1)
    expect(stderr).toContain('analytics.pipeline_logs')
    await writeFile(
      join(cwd, 'rules.json'),
      JSON.stringify({ version: 1, rules: [{ rule: 'notNull', column: 'rows_procesed' }] }),
    )
    const column = await run(['check', '-r', 'rules.json'])
    expect(column.code).toBe(1)
    expect(column.stderr).toContain('rows_processed')
  })
})
