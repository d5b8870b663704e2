// @module-tag processes
import { randomUUID } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startS3Server } from '@forge/fixtures/s3'
import { newFolder } from '@forge/writer-core/testing'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runCli } from './run-cli.ts'

const started = await startS3Server()
const server = 'reason' in started ? undefined : started
const reason = 'reason' in started ? ` (skipped: ${started.reason})` : ''
let cwd = ''
let place = ''

afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  cwd = newFolder()
  place = `s3://${server?.bucket}/${randomUUID()}`
  for (const [name, value] of Object.entries(server?.env ?? {})) vi.stubEnv(name, value)
  await writeFile(join(cwd, 'a.csv'), 'run_id,phase,step_name,rows_processed\nr1,gold,load,7\nr2,gold,load,8\n')
})
afterEach(async () => {
  vi.unstubAllEnvs()
})

const json = async (...argv: string[]) => {
  const { code, stdout, stderr } = await runCli([...argv, '--json'], { cwd })
  expect([argv[0], code, stderr]).toEqual([argv[0], 0, ''])
  return JSON.parse(stdout)
}

describe.skipIf(server === undefined)(`the log on S3${reason}`, () => {
  test('an address is a path like any other: rows go in, and every kind of command answers', async () => {
    await json('ingest', 'a.csv', '--path', place)
    expect((await json('query', '--path', place)).rows).toHaveLength(2)
    expect(await json('info', '--path', place)).toMatchObject({ rowCount: 2 })
    expect(await json('history', '--path', place)).toMatchObject({ totalVersions: 1 })
    expect(await json('doctor', '--path', place)).toMatchObject({ healthy: true, location: place })
    expect((await runCli(['summary', '--path', place], { cwd })).code).toBe(0)
    const report = await runCli(['report', '--path', place, '-o', 'report.html'], { cwd })
    expect([report.code, await readdir(cwd)]).toEqual([0, ['a.csv', 'report.html']])
  })

  test('a config file and the environment name an address', async () => {
    await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify({ path: place }))
    await json('ingest', 'a.csv')
    expect((await runCli(['query', '--json'], { cwd, env: { FORGE_WRITER_PATH: `${place}/none` } })).code).toBe(1)
    expect((await json('query')).rows).toHaveLength(2)
  })

  test('a log is copied to S3 and back', async () => {
    await json('ingest', 'a.csv')
    expect(await json('convert', '--to', place)).toMatchObject({ rows: 2, storage: 'delta', path: place })
    expect(await json('convert', '--path', place, '--to', 'back.duckdb', '--to-storage', 'duckdb')).toMatchObject({
      rows: 2,
    })
    const rows = async (path: string) => (await json('query', '--path', path)).rows
    expect(await rows('back.duckdb')).toEqual(await rows('logs.duckdb'))
  })

  test('a table is inspected at its address', async () => {
    await json('ingest', 'a.csv', '--path', place)
    const table = `${place}/analytics/pipeline_logs`
    expect(await json('delta', 'inspect', table)).toMatchObject({ location: table, rows: 2, version: 0 })
  })

  test('a recorded command is stored, and makes no file next to the address', async () => {
    expect((await runCli(['record', '--path', place, '--', process.execPath, '-e', ''], { cwd })).code).toBe(0)
    expect((await json('query', '--path', place)).rows.length).toBeGreaterThan(0)
    expect((await readdir(cwd)).filter((name) => name.startsWith('s3'))).toEqual([])
  })

  test('a log that does not exist, another kind of storage and a missing bucket are clear errors', async () => {
    expect((await runCli(['query', '--path', place], { cwd })).code).toBe(1)
    expect((await runCli(['query', '--path', place, '--storage', 'duckdb'], { cwd })).code).toBe(2)
    expect((await runCli(['convert', '--to', place, '--to-storage', 'duckdb'], { cwd })).code).toBe(2)
    const { code, stderr } = await runCli(['query', '--path', 's3://no-such-bucket-here/x'], { cwd })
    expect([code, /no-such-bucket-here does not exist/.test(stderr)]).toEqual([1, true])
  })
})
