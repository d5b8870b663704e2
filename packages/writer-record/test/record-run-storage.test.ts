import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createLogWriter, type LogWriter } from '@forge/writer-core'
import { recordRun, settleSpool } from '@forge/writer-record'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openWriter, rowsOf } from './spool-entry.ts'

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'forge-run-'))
})
afterEach(() => rm(base, { recursive: true, force: true }))

const env = {}
const byName = async (writer: LogWriter) =>
  new Map((await rowsOf(writer)).map((row) => [`${row.step_name} ${row.execution_id}`, row]))

test('a stream takes the steps of many runs in few commits', async () => {
  await using writer = await openWriter()
  const stream = writer.stream({ flushRows: 5000, flushIntervalMs: 0 })
  await recordRun(stream, { pipelineId: 'orders', runId: 'r1', env }, async (run) => {
    for (let at = 0; at < 12_000; at++) await run.step(`s${at}`, (step) => step.rows({ written: 1 }))
  })
  expect(await rowsOf(writer)).toHaveLength(12_001)
  expect((await writer.getTableInfo()).version).toBeLessThan(6)
  await stream.close()
})

test('rows of a writer are stored in batches before the run ends', async () => {
  await using writer = await openWriter()
  writer.configure({ batchSize: 100 })
  await recordRun(writer, { pipelineId: 'orders', env }, async (run) => {
    for (let at = 0; at < 1000; at++) await run.step(`s${at}`, () => undefined)
    expect((await rowsOf(writer)).length).toBeGreaterThan(300)
  })
  expect(await rowsOf(writer)).toHaveLength(1001)
})

test('a table that cannot be written changes nothing for the work, and the rows are stored later', async () => {
  const path = join(base, 'logs.duckdb')
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs', maxRetries: 0 }
  const problems: unknown[] = []
  const broken = await createLogWriter({
    storage: duckdbStorage({ path }),
    config,
    hooks: [{ name: 'broken', beforeWrite: () => Promise.reject(new Error('the disk is full')) }],
  })
  const options = { pipelineId: 'orders', runId: 'r1', env, onProblem: (problem: unknown) => problems.push(problem) }
  const result = await recordRun(broken, options, async (run) => {
    await run.step('load', (step) => step.rows({ written: 2n ** 60n }))
    return 5
  })
  expect(result).toBe(5)
  expect(problems).toHaveLength(1)
  await broken.close()
  expect(readdirSync(`${path}.spool`)).toHaveLength(1)
  await using writer = await createLogWriter({ storage: duckdbStorage({ path }), config })
  await recordRun(writer, { pipelineId: 'next', runId: 'r2', env }, () => undefined)
  const rows = await byName(writer)
  expect([...rows.keys()].toSorted()).toEqual(['load r1', 'next r2', 'orders r1'])
  expect(rows.get('load r1')?.rows_written).toBe(2n ** 60n)
  expect(existsSync(`${path}.spool`)).toBe(false)
})

test('a process that dies leaves its steps, and a run that the next one declares lost', async () => {
  const path = join(base, 'logs.duckdb')
  const script = `
    import { createLogWriter } from '@forge/writer-core'
    import { recordRun } from '@forge/writer-record'
    import { duckdbStorage } from '@forge/writer-storage-duckdb'
    const config = { tableSchema: 'analytics', tableName: 'pipeline_logs', batchSize: 1 }
    const writer = await createLogWriter({ storage: duckdbStorage({ path: ${JSON.stringify(path)}, idleMs: 0 }), config })
    await recordRun(writer, { pipelineId: 'orders', runId: 'r1' }, async (run) => {
      await run.step('load', () => undefined)
      while ((await writer.getTableInfo()).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      console.log('stored')
      await new Promise((resolve) => setTimeout(resolve, 600_000))
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: dirname(import.meta.dirname),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
  await using writer = await createLogWriter({ storage: duckdbStorage({ path }), config })
  await recordRun(writer, { pipelineId: 'orders', runId: 'r2', env }, () => undefined)
  const rows = await byName(writer)
  expect([...rows].map(([name, { metadata }]) => [name, metadata.status]).toSorted()).toEqual([
    ['load r1', 'success'],
    ['orders r1', 'lost'],
    ['orders r2', 'success'],
  ])
  expect(await settleSpool(writer)).toEqual({ ended: [], lost: [] })
})
