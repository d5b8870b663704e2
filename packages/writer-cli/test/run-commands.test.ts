// @module-tag many-calls
import { stripVTControlCharacters } from 'node:util'
import { newFolder } from '@forge/writer-core/testing'
import stringWidth from 'string-width'
import { beforeEach, describe, expect, test } from 'vitest'
import { type CliOptions, runCli } from './run-cli.ts'

let cwd = ''
beforeEach(() => {
  cwd = newFolder()
})

const run = (argv: readonly string[], options: Partial<CliOptions> = {}) => runCli(argv, { cwd, ...options })

async function json(argv: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run([...argv, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Record<string, unknown>
}

function step(day: number, name: string, seconds: readonly [number, number], change: object = {}): object {
  const at = (second: number) => new Date(Date.UTC(2026, 10, day, 6, 0, second)).toISOString()
  return {
    run_id: `night-${day}`,
    pipeline_id: 'shop',
    phase: 'gold',
    step_name: name,
    start_time: at(seconds[0]),
    end_time: at(seconds[1]),
    duration_secs: seconds[1] - seconds[0],
    rows_processed: 1000,
    rows_written: 1000,
    success: true,
    ...change,
  }
}

const own = (day: number, end: number, change: object = {}) =>
  step(day, 'shop', [0, end], {
    phase: 'pipeline',
    step_type: 'run',
    metadata: { owner: 'ana', tags: ['nightly'] },
    ...change,
  })

const broken = { success: false, error_message: 'table \u001b[31morders\u001b[0m is locked\nby process 7' }
const HISTORY = [
  ...[26, 27].flatMap((day) => [step(day, 'load', [0, 10]), step(day, 'mart', [10, 20]), own(day, 20)]),
  step(28, 'load', [0, 40]),
  step(28, 'mart', [40, 42], broken),
  own(28, 42, { success: false }),
]

async function record(rows: readonly object[], where: readonly string[] = []): Promise<void> {
  const stdin = rows.map((row) => JSON.stringify(row)).join('\n')
  const { code, stderr } = await run(['ingest', '-', '-f', 'ndjson', ...where], { stdin })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
}

describe.each([
  ['duckdb', []],
  ['delta', ['--storage', 'delta', '--path', 'lake']],
])('on %s', (_storage, where) => {
  test('runs lists the newest first, with filters, and pages by the cursor', async () => {
    await record(HISTORY, where)
    const ids = async (...more: readonly string[]) =>
      ((await json(['runs', ...where, ...more])).runs as { runId: string }[]).map(({ runId }) => runId)
    expect(await ids()).toEqual(['night-28', 'night-27', 'night-26'])
    expect(await ids('--failed')).toEqual(['night-28'])
    expect(await ids('--outcome', 'succeeded', '--owner', 'ana')).toEqual(['night-27', 'night-26'])
    expect(await ids('--tag', 'hourly')).toEqual([])
    expect(await ids('--pipeline', 's*p', '--since', '2026-11-27', '--until', '2026-11-28')).toEqual(['night-27'])
    const { next } = await json(['runs', ...where, '-n', '2'])
    expect(await ids('--after', String(next))).toEqual(['night-26'])
  })

  test('run view shows the newest run, or the one whose id begins like the given text', async () => {
    await record(HISTORY, where)
    const { stdout } = await run(['run', 'view', ...where])
    expect(stdout).toContain('shop failed after 42.0 s')
    expect(stdout.indexOf('compared with the last good run night-27')).toBeLessThan(stdout.indexOf('steps\n'))
    expect(stdout).toMatch(/broken +gold\/mart +table \\x1b\[31morders\\x1b\[0m is locked\n/)
    expect(stdout).toMatch(/slower +gold\/load +10\.0 s to 40\.0 s \(\+300\.0 %\)\n/)
    expect(stdout).toMatch(/error of gold\/mart\n {2}table .*\n {2}by process 7\n/)
    expect(await json(['run', 'view', 'night-27', ...where])).toMatchObject({
      run: { runId: 'night-27', outcome: 'succeeded' },
    })
    expect(await json(['query', '--run', 'night-26', ...where])).toMatchObject({ rows: { length: 3 } })
  })

  test('why says what broke, since when, and what changed', async () => {
    await record([...HISTORY, step(29, 'mart', [0, 1], broken), own(29, 1, { success: false })], where)
    const { stdout } = await run(['why', ...where])
    expect(stdout).toContain(
      '2 runs failed in a row, since 2026-11-28 06:00:00 UTC (run night-28); the last good run was night-27',
    )
    expect(stdout).toContain('an error that happened before')
    expect(stdout).toMatch(/gone +gold\/load\n/)
    expect(await json(['why', 'night-28', ...where])).toMatchObject({ brokenSteps: [{ step: 'mart', isNew: true }] })
  })

  test('compare takes the last good run if only one run is given', async () => {
    await record(HISTORY, where)
    for (const args of [['--last'], ['night-28'], ['night-27', 'night-28']]) {
      expect(await json(['compare', ...args, ...where])).toMatchObject({
        a: { runId: 'night-27' },
        b: { runId: 'night-28' },
      })
    }
    expect(await run(['compare', 'night-26', ...where])).toMatchObject({ code: 1, stdout: '' })
  })

  test('pipelines shows the state and the last runs', async () => {
    await record(HISTORY, where)
    expect(await json(['pipelines', ...where])).toMatchObject({
      pipelines: [{ pipeline: 'shop', state: 'failed', owner: 'ana', lastSuccess: { runId: 'night-27' } }],
    })
    expect((await run(['pipelines', ...where])).stdout).toMatch(
      /failed +shop +2026-11-27 06:00 +42\.0 s +\+110 % +2,000 +✓✓✗ +ana\n/,
    )
  })

  test('run watch ends with the row of the whole run', async () => {
    await record(HISTORY, where)
    const { code, stdout } = await run(['run', 'watch', '--exit-status', ...where])
    expect(code).toBe(3)
    expect(stdout).toMatch(/✓ gold\/load {2}40\.0 s, 1,000 rows\n✗ gold\/mart/)
    expect(stdout).toMatch(/shop failed after 42\.0 s/)
    expect((await run(['run', 'watch', 'night-27', '--exit-status', ...where])).code).toBe(0)
  })

  test('owner and tag choose among which runs one is looked for', async () => {
    const later = { pipeline_id: 'b', run_id: 'night-30' }
    await record(
      [...HISTORY, step(29, 'other', [0, 1], { ...later, metadata: { owner: 'bo', tags: 'hourly' } })],
      where,
    )
    for (const args of [
      ['--owner', 'ana'],
      ['--tag', 'nightly'],
      ['night-28', '--owner', 'ana', '--tag', 'nightly'],
    ]) {
      expect(await json(['why', ...args, ...where])).toMatchObject({ run: { runId: 'night-28' } })
      expect(await json(['run', 'view', ...args, ...where])).toMatchObject({ run: { runId: 'night-28' } })
      expect(await json(['run', 'watch', ...args, ...where])).toMatchObject({ run: { runId: 'night-28' } })
      const options = args.filter((arg) => arg !== 'night-28')
      expect(await json(['compare', '--last', ...options, ...where])).toMatchObject({ b: { runId: 'night-28' } })
    }
    expect(await json(['why', '--tag', 'hourly', ...where])).toMatchObject({ run: { runId: 'night-30' } })
    for (const command of [['why'], ['run', 'view'], ['run', 'watch']]) {
      const { code, stdout, stderr } = await run([...command, 'night-28', '--owner', 'bo', ...where])
      expect({ command, code, stdout }).toEqual({ command, code: 2, stdout: '' })
      expect(stderr).toContain('night-28')
    }
  })

  test('owner and tag choose rows of query, summary and sla', async () => {
    await record(
      [...HISTORY, step(28, 'other', [0, 1], { pipeline_id: 'b', run_id: 'b', metadata: { owner: 'bo' } })],
      where,
    )
    expect(await json(['query', '--owner', 'bo', ...where])).toMatchObject({ rows: [{ step_name: 'other' }] })
    expect(await json(['summary', '--tag', 'nightly', ...where])).toMatchObject({ totalSteps: 6 })
    const { objectives } = await json(['sla', '--max-duration', '99', '--owner', 'ana', '--no-fail-on-empty', ...where])
    expect((objectives as { pipeline: string }[]).map(({ pipeline }) => pipeline)).toEqual(['shop'])
  })
})

test('a text that several ids begin with lists them, and one that none begins with suggests similar ones', async () => {
  await record(HISTORY)
  const several = await run(['run', 'view', 'night'])
  expect(several).toMatchObject({ code: 2, stdout: '' })
  expect(several.stderr).toMatch(/night-26[\s\S]*night-27[\s\S]*night-28/)
  expect((await run(['why', 'nihgt-28'])).stderr).toContain('night-28')
})

test('a screen of 80 columns is enough for lists, views and explanations', async () => {
  const long = 'a_step_with_a_name_that_is_as_long_as_those_of_tests_in_dbt_projects_often_are'
  await record([...HISTORY, step(28, long, [0, 30]), step(28, `${long}_事件`, [5, 35])])
  for (const argv of [['runs'], ['pipelines'], ['run', 'view'], ['compare', '--last']]) {
    const { code, stdout } = await run(argv, { columns: 80 })
    expect(code).toBe(0)
    const wide = stripVTControlCharacters(stdout)
      .split('\n')
      .filter((line) => stringWidth(line) > 80 && !line.startsWith('critical path'))
    expect(wide).toEqual([])
  }
})

test.each([
  [['compare']],
  [['compare', 'a', '--last']],
  [['compare', 'a', '--pipeline', 'x']],
  [['compare', 'a', '--owner', 'x']],
  [['compare', 'a', 'b', '--tag', 'x']],
  [['runs', '--outcome', 'fine']],
])('%j is a usage error', async (argv) => {
  expect(await run(argv)).toMatchObject({ code: 2, stdout: '' })
})

test('a hostile id, name or message moves no cursor', async () => {
  await record([step(28, '\u001b[2Jx\u202e', [0, 1], { ...broken, run_id: 'r\u001b]0;x\u0007', pipeline_id: 'p\nq' })])
  for (const argv of [['runs'], ['run', 'view'], ['why'], ['pipelines'], ['run', 'view', 'r']]) {
    const { stdout } = await run(argv)
    expect(stdout.length).toBeGreaterThan(0)
    expect(['\u001b', '\u0007', '\u202e'].filter((character) => stdout.includes(character))).toEqual([])
  }
})
