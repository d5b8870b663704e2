import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { samplesDirectory } from '@forge/fixtures'
import { newFolder } from '@forge/writer-core/testing'
import { beforeAll, expect, test } from 'vitest'
import { type CliOptions, runCli } from './run-cli.ts'

const cwd = newFolder()
beforeAll(async () => {
  await cp(join(samplesDirectory, 'dbt'), join(cwd, 'dbt'), { recursive: true })
})

const run = (argv: readonly string[], options: Partial<CliOptions> = {}) => runCli(argv, { cwd, ...options })

test('malformed records are reported with file, line and reason, and kept; the rest goes in; the counts add up', async () => {
  const good = (name: string) => JSON.stringify({ run_id: 'r1', phase: 'gold', step_name: name, duration_secs: 1 })
  const bad = ['{"run_id":', '{"run_id":"r1","phase":"platinum"}', '{"run_id":"r1","phase":"gold","colour":"red"}']
  await writeFile(join(cwd, 'mixed.ndjson'), [good('a'), ...bad, good('b'), good('a')].join('\n'))
  const argv = ['ingest', 'mixed.ndjson', '--path', 'mixed.duckdb']
  const { code, stdout, stderr } = await run([...argv, '--json', '--rejects', 'bad.ndjson'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ records: 6, written: 2, replaced: 1, rejected: 3 })
  expect(stderr).toMatch(/mixed\.ndjson:2: .*JSON/)
  expect(stderr).toMatch(/mixed\.ndjson:3: .*phase/)
  expect(stderr).toMatch(/mixed\.ndjson:4: .*colour/)
  const rejects = (await readFile(join(cwd, 'bad.ndjson'), 'utf8')).trim().split('\n')
  expect(rejects.map((line) => JSON.parse(line) as object)).toMatchObject([
    { file: 'mixed.ndjson', line: 2, record: bad[0] },
    { file: 'mixed.ndjson', line: 4 },
    { file: 'mixed.ndjson', line: 3 },
  ])
  expect((await stat(join(cwd, 'bad.ndjson'))).mode & 0o077).toBe(0)
  expect((await run([...argv, '--fail-on-reject'])).code).toBe(3)
  expect((await readdir(cwd)).filter((name) => name.startsWith('rejects-2026'))).toHaveLength(1)
})

test('a file that cannot be read fails the call, and the others go in', async () => {
  const folder = join(cwd, 'damaged')
  await mkdir(folder)
  const row = (name: string) => JSON.stringify({ run_id: 'r1', phase: 'gold', step_name: name })
  await writeFile(join(folder, 'a.parquet'), 'no Parquet')
  await writeFile(join(folder, 'b.ndjson'), row('b'))
  await writeFile(join(folder, 'c.ndjson.gz'), 'no gzip')
  const { code, stdout, stderr } = await run(['ingest', 'damaged', '--path', 'damaged.duckdb', '--json'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/damaged\/c\.ndjson\.gz.*gzip/)
  expect(JSON.parse(stdout)).toMatchObject({ written: 1, failed: ['damaged/a.parquet', 'damaged/c.ndjson.gz'] })
})

test('rejects are not read again with their folder, and never go into what is read', async () => {
  const folder = join(cwd, 'rejecting')
  await mkdir(folder)
  await writeFile(join(folder, 'rows.ndjson'), '{"run_id":')
  await writeFile(join(folder, 'rejects-20240101T000000Z.ndjson'), '{"file":"rows.ndjson"}')
  const argv = ['ingest', '.', '--path', 'rejecting.duckdb']
  const report = await run([...argv, '--json'], { cwd: folder })
  expect(JSON.parse(report.stdout)).toMatchObject({ records: 1, rejected: 1 })
  expect((await run(['ingest', 'rows.ndjson', '--rejects', 'rows.ndjson'], { cwd: folder })).code).toBe(2)
})

test('a rejects file that cannot be written is named in the error', async () => {
  await writeFile(join(cwd, 'half.ndjson'), '{"run_id":')
  const { code, stderr } = await run(['ingest', 'half.ndjson', '--path', 'half.duckdb', '--rejects', 'none/rejects'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/error TABLE: .*none.rejects \(ENOENT\)/)
})

test('a file that holds nothing but rejects is a failure', async () => {
  await writeFile(join(cwd, 'nothing-good.ndjson'), '{"run_id":\n{}')
  const { code, stdout } = await run(['ingest', 'nothing-good.ndjson', '--path', 'nothing-good.duckdb', '--json'])
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ records: 2, rejected: 2 })
})

test('ingest warns of settings that have no effect', async () => {
  const argv = ['ingest', 'dbt/build', '--path', 'merged.duckdb']
  const env = { FORGE_WRITER_WRITE_MODE: 'overwrite', FORGE_WRITER_MERGE_KEYS: '["run_id"]' }
  const { code, stderr } = await run(argv, { env })
  expect(code).toBe(0)
  expect(stderr).toMatch(/^warning: .*writeMode overwrite and mergeKeys.*\n$/)
  expect((await run(argv, { env: { FORGE_WRITER_WRITE_MODE: 'append' } })).stderr).toBe('')
})

test('rows come in through a pipe', async () => {
  const stdin = 'run_id,phase,step_name,success\nr1,gold,a,true\nr1,gold,b,false\n'
  const { stdout, code } = await run(['ingest', '-', '-f', 'csv', '--path', 'pipe.duckdb', '--json'], { stdin })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ written: 2, files: [{ file: '-', format: 'csv' }] })
})

test('a file of an unknown format is named, and the command fails', async () => {
  await writeFile(join(cwd, 'notes.json'), '{"hello":"world"}')
  const { code, stderr } = await run(['ingest', 'notes.json'])
  expect(code).toBe(1)
  expect(stderr).toContain('notes.json')
})

test('a run of which a result cannot be read fails the call, and is not a success', async () => {
  const metadata = {
    dbt_schema_version: 'https://schemas.getdbt.com/dbt/run-results/v6.json',
    generated_at: '2026-01-01T00:00:00Z',
    invocation_id: 'half',
  }
  const results = [
    { unique_id: 'model.shop.a', status: 'success' },
    { unique_id: 7, status: 'fail' },
  ]
  await writeFile(join(cwd, 'half.json'), JSON.stringify({ metadata, elapsed_time: 1, results }))
  expect((await run(['ingest', 'half.json', '--path', 'half.duckdb'])).code).toBe(1)
  const { stdout } = await run(['summary', '--path', 'half.duckdb', '--days', '3650', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ totalExecutions: 1, failedExecutions: 1 })
})
