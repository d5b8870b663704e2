// @module-tag processes
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { acquireLock, deadlineIn } from '@forge/writer-core/lock'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { discoverConfigFile } from '../src/command/discover.ts'
import { followLockWaits } from '../src/output/lock-waits.ts'
import { runCli } from './run-cli.ts'

let cwd = ''
beforeEach(() => {
  cwd = newFolder()
})

const run = (argv: readonly string[], more: { readonly columns?: number } = {}) => runCli(argv, { cwd, ...more })

/** Writes rows of one run of each pipeline, an hour before the time of the tests, or earlier. */
async function ingest(rows: readonly object[]): Promise<void> {
  const all = rows.map((row) => ({ phase: 'pipeline', step_name: 's', start_time: '2026-11-30T11:00:00Z', ...row }))
  await writeFile(join(cwd, 'rows.ndjson'), all.map((row) => JSON.stringify(row)).join('\n'))
  const { code, stderr } = await run(['ingest', 'rows.ndjson'])
  if (code !== 0) throw new Error(stderr)
}

const GOOD = { run_id: 'g', pipeline_id: 'good', success: true }
const BAD = { run_id: 'b', pipeline_id: 'bad', success: false, error_message: 'disk full\nat line 1' }

describe('status', () => {
  test('prints one row per pipeline, failed ones first, and exits with 3', async () => {
    await ingest([GOOD, BAD])
    const { code, stdout } = await run(['status'])
    expect(code).toBe(3)
    expect(stdout.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^failed +bad +2026-11-30 11:00 +1 h ago +disk full$/),
      expect.stringMatching(/^succeeded +good +2026-11-30 11:00 +1 h ago$/),
    ])
    expect((await run(['status', '--pipeline', 'good'])).code).toBe(0)
    expect((await run(['status', '--fail-on', 'never'])).code).toBe(0)
  })

  test('knows what is late, and when the next run is due', async () => {
    await ingest([{ ...GOOD, start_time: '2026-11-28T05:00:00Z' }])
    const level = { pipeline: 'good', dueTime: '06:00', timeZone: 'Europe/Berlin' }
    await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify({ serviceLevels: [level] }))
    const late = await run(['status', '--time-zone', 'Europe/Berlin'])
    expect(late.code).toBe(3)
    expect(late.stdout).toMatch(/late +good .*late since 2026-11-30 06:00/)
    expect((await run(['status', '--fail-on', 'failed'])).code).toBe(0)
  })
})

describe('what failed and why', () => {
  test('is listed by ingest, query and show, and can fail a build', async () => {
    const step = {
      run_id: 'b',
      pipeline_id: 'bad',
      phase: 'gold',
      step_name: 'load',
      start_time: '2026-11-30T11:00:00Z',
    }
    const rows = [
      GOOD,
      BAD,
      { ...step, success: false, error_message: 'disk full' },
      { ...step, step_name: 'after', success: false, metadata: { status: 'upstream_failed' } },
    ]
    await ingest(rows)
    const again = await run(['ingest', 'rows.ndjson', '--fail-on-failure'])
    expect(again.code).toBe(3)
    for (const { stdout } of [again, await run(['query', '--failed']), await run(['show'])]) {
      expect(stdout.split('\n').filter((line) => line.startsWith('✗'))).toEqual(['✗ bad/gold/load: disk full'])
    }
    const json = JSON.parse((await run(['ingest', 'rows.ndjson', '--json'])).stdout) as Record<string, unknown>
    expect(json).toMatchObject({
      failedRows: 2,
      files: [{ failures: [{ phase: 'pipeline' }, { stepName: 'load', message: 'disk full' }] }],
    })
    expect((await run(['query', '--failed', '-c', 'run_id'])).stdout).not.toContain('✗')
  })

  test('is nothing without rows', async () => {
    await ingest([GOOD])
    expect((await run(['query', '--failed'])).stdout).toBe('no rows\n')
  })
})

test('the newest rows are those that started last, whenever they were recorded', async () => {
  await ingest([{ ...GOOD, run_id: 'new' }])
  await ingest([{ ...GOOD, run_id: 'old', start_time: '2026-01-01T00:00:00Z' }])
  const { rows } = JSON.parse((await run(['show', '--json'])).stdout) as { rows: { run_id: string }[] }
  expect(rows.map(({ run_id }) => run_id)).toEqual(['new', 'old'])
})

describe('a config file above the folder', () => {
  const find = (from: string) => discoverConfigFile({ named: undefined, cwd: from, env: { HOME: join(cwd, 'nobody') } })

  test('is found outside of a repository, too', async () => {
    const inner = join(cwd, 'a', 'b')
    await mkdir(inner, { recursive: true })
    const file = join(cwd, 'forge-writer.config.json')
    await writeFile(file, '{}')
    expect(find(inner)).toBe(file)
  })

  test('is not taken from a folder in which anybody could have left it', async () => {
    const inner = join(cwd, 'shared', 'mine')
    await mkdir(inner, { recursive: true })
    await writeFile(join(cwd, 'shared', 'forge-writer.config.json'), '{}')
    await chmod(join(cwd, 'shared'), 0o1777)
    expect(find(inner)).toBeUndefined()
  })
})

test('a wait for a lock names the process that holds it', async () => {
  const key = `first-hour:${process.pid}`
  const lock = await acquireLock(key, { deadline: deadlineIn(10_000) })
  const waits = followLockWaits()
  expect(waits.text()).toBeUndefined()
  const second = acquireLock(key, { deadline: deadlineIn(10_000) })
  await expect.poll(() => waits.text()).toContain(`process ${process.pid}`)
  await lock.release()
  await (await second).release()
  expect(waits.text()).toBeUndefined()
  waits.stop()
})
