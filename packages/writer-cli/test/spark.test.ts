// @module-tag endurance
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeSpark } from '@forge/fixtures/spark-tests'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.parse('2026-11-30T12:00:00Z')

/** The daily runs of a pipeline, of which the last is slow and fails. */
const ROWS = Array.from({ length: 20 }, (_none, at) => {
  const isLast = at === 19
  const startMs = NOW_MS - (20 - at) * DAY_MS
  return {
    run_id: `run-${String(at).padStart(2, '0')}`,
    pipeline_id: 'shop',
    phase: 'gold',
    step_name: 'load',
    start_time: new Date(startMs).toISOString(),
    end_time: new Date(startMs + (isLast ? 900 : 60) * 1000).toISOString(),
    duration_secs: isLast ? 900 : 60 + (at % 3),
    rows_processed: 1000 + at,
    rows_written: 1000 + at,
    success: !isLast,
    error_message: isLast ? 'disk 7 is full' : null,
    metadata: { host: `h${at % 2}` },
    created_at: new Date(startMs).toISOString(),
    updated_at: new Date(startMs).toISOString(),
  }
})

/** Commands that answer by JSON, and must say the same on every storage. */
const COMMANDS: readonly (readonly string[])[] = [
  ['show', '--limit', '5'],
  ['query', '-w', "step_name like 'lo%' and duration_secs > 60", '--limit', '3', '--order', 'start_time'],
  ['query', '-w', "matches(error_message, 'disk [0-9]+')"],
  ['status'],
  ['pipelines'],
  ['runs', '--limit', '5'],
  ['why', 'run-19'],
  ['compare', 'run-18', 'run-19'],
  ['summary', '--days', '20'],
  ['trends', '--bucket', 'week', '--time-zone', 'Europe/Berlin'],
  ['prune', '--dry-run', '--keep-days', '10'],
]
/** What depends on the place, or on the moment of the call. */
const VARYING =
  /durationMs|durationSecs|DurationSecs|path|location|tableFqn|detectedAt|storage|sizeBytes|bytes|estimatedBytes/

let cwd = ''
beforeEach(async () => {
  cwd = newFolder()
  await writeFile(join(cwd, 'rows.ndjson'), ROWS.map((row) => JSON.stringify(row)).join('\n'))
})

async function call(path: string, argv: readonly string[]) {
  const { code, stdout, stderr } = await runCli([...argv, '--path', path, '--json'], { cwd })
  return { code, answer: stdout === '' ? stderr : JSON.parse(stdout, (key, value) => (VARYING.test(key) ? 0 : value)) }
}

describeSpark('a log in Spark', (server) => {
  test('answers every command as a log in a file does, and is examined, exported and converted', async () => {
    const path = `${server.url}/;path=${server.folder}/cli`
    for (const each of ['logs.duckdb', path]) {
      expect((await call(each, ['ingest', 'rows.ndjson'])).answer).toMatchObject({ written: ROWS.length, rejected: 0 })
    }
    for (const argv of COMMANDS) {
      const expected = await call('logs.duckdb', argv)
      expect([argv, await call(path, argv)]).toEqual([argv, expected])
      expect([argv, typeof expected.answer]).toEqual([argv, 'object'])
    }
    expect((await call(path, ['info'])).answer).toMatchObject({ exists: true, rowCount: ROWS.length })
    expect((await call(path, ['history'])).answer).toMatchObject({ totalVersions: 1 })
    expect((await call(path, ['doctor'])).code).toBe(0)
    expect((await call(path, ['export', '-o', 'rows.csv'])).code).toBe(0)
    expect((await runCli(['report', '--path', path, '-o', 'report.html'], { cwd })).code).toBe(0)
    expect((await call(path, ['convert', '--to', 'back.duckdb', '--to-storage', 'duckdb'])).code).toBe(0)
    expect(await readdir(cwd)).toEqual(expect.arrayContaining(['back.duckdb', 'report.html', 'rows.csv']))
    const { answer } = await call('back.duckdb', ['info'])
    expect(answer).toMatchObject({ rowCount: ROWS.length })
  })
})
