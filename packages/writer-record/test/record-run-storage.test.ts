// @module-tag processes
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  batchRows,
  createLogWriter,
  type LogBatch,
  type LogWriter,
  memoryStorage,
  WriterDataQualityError,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { recordRun, settleSpool } from '@forge/writer-record'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeEach, expect, test } from 'vitest'
import { runIdentity } from '../src/command/run-identity.ts'
import { endEntry, makeEntry, openWriter, rowsOf, spool } from './spool-entry.ts'

let base = ''
beforeEach(() => {
  base = newFolder()
})

const CONFIG = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
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

/** Runs a script that uses the packages in a process of its own, until it prints something; then kills it. */
async function killAfterOutput(script: string): Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: dirname(import.meta.dirname),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const streamScript = (path: string, work: string) => `
  import { createLogWriter } from '@forge/writer-core'
  import { recordRun } from '@forge/writer-record'
  import { duckdbStorage } from '@forge/writer-storage-duckdb'
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
  const writer = await createLogWriter({ storage: duckdbStorage({ path: ${JSON.stringify(path)}, idleMs: 0 }), config })
  const stream = writer.stream()
  ${work}`

test('a process that dies with runs of a stream leaves them, and each is lost or stored once', async () => {
  const path = join(base, 'logs.duckdb')
  const script = streamScript(
    path,
    `await recordRun(stream, { pipelineId: 'orders', runId: 'stored' }, (run) => run.step('load', () => undefined))
    await recordRun(stream, { pipelineId: 'orders', runId: 'dies' }, async (run) => {
      await run.step('load', () => undefined)
      await stream.flush()
      console.log('flushed')
      await new Promise((resolve) => setTimeout(resolve, 600_000))
    })`,
  )
  await killAfterOutput(script)
  expect(readdirSync(`${path}.spool`)).toHaveLength(1)
  await using writer = await createLogWriter({ storage: duckdbStorage({ path }), config: CONFIG })
  expect((await settleSpool(writer)).lost.map(({ identity }) => identity.runId)).toEqual(['dies'])
  const rows = await byName(writer)
  expect([...rows].map(([name, { metadata }]) => [name, metadata.status]).toSorted()).toEqual([
    ['load dies', 'success'],
    ['load stored', 'success'],
    ['orders dies', 'lost'],
    ['orders stored', 'success'],
  ])
})

test('a process that dies after the end of a run was flushed leaves a run that is not lost', async () => {
  const path = join(base, 'logs.duckdb')
  const script = streamScript(
    path,
    `import { rmSync } from 'node:fs'
    const flush = stream.flush
    stream.flush = async () => {
      await flush()
      console.log('flushed')
      await new Promise((resolve) => setTimeout(resolve, 600_000))
    }
    await recordRun(stream, { pipelineId: 'orders', runId: 'r1' }, () => undefined)`,
  )
  await killAfterOutput(script)
  expect(readdirSync(`${path}.spool`)).toHaveLength(1)
  await using writer = await createLogWriter({ storage: duckdbStorage({ path }), config: CONFIG })
  expect(await settleSpool(writer)).toEqual({ ended: [], lost: [] })
  expect((await rowsOf(writer)).map(({ success }) => success)).toEqual([true])
  expect(existsSync(`${path}.spool`)).toBe(false)
})

test('a stream that cannot be flushed changes nothing for the work, and the rows are stored by its next flush', async () => {
  const state = { isBroken: true }
  const beforeWrite = () =>
    state.isBroken ? Promise.reject(new Error('the disk is full')) : Promise.resolve(undefined)
  const writer = await createLogWriter({
    storage: memoryStorage(),
    config: { ...CONFIG, maxRetries: 0 },
    hooks: [{ name: 'broken', beforeWrite }],
  })
  const problems: unknown[] = []
  const stream = writer.stream({ flushRows: 10, flushIntervalMs: 0 })
  const options = { pipelineId: 'orders', env, onProblem: (problem: unknown) => problems.push(problem) }
  const result = await recordRun(stream, options, async (run) => {
    for (let at = 0; at < 600; at++) await run.step(`s${at}`, (step) => step.rows({ written: 1 }))
    return 5
  })
  expect({ result, problems: problems.length }).toEqual({ result: 5, problems: 1 })
  state.isBroken = false
  await stream.close()
  expect(await rowsOf(writer)).toHaveLength(601)
  await writer.close()
})

test('a stream that is closed too early loses no row', async () => {
  const path = join(base, 'logs.duckdb')
  await using writer = await createLogWriter({ storage: duckdbStorage({ path }), config: CONFIG })
  const stream = writer.stream()
  const problems: unknown[] = []
  const options = { pipelineId: 'orders', runId: 'r1', env, onProblem: (problem: unknown) => problems.push(problem) }
  await recordRun(stream, options, async (run) => {
    await run.step('before', () => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    await stream.close()
    await run.step('after', () => undefined)
  })
  expect(problems).toHaveLength(1)
  await settleSpool(writer)
  expect([...(await byName(writer)).keys()].toSorted()).toEqual(['after r1', 'before r1', 'orders r1'])
})

test.each(['writer', 'stream'] as const)(
  'a field that the log does not accept is left out, with its value, and the row is stored by a %s',
  async (kind) => {
    const path = join(base, 'logs.duckdb')
    await using writer = await createLogWriter({ storage: duckdbStorage({ path }), config: CONFIG })
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    await recordRun(
      kind === 'writer' ? writer : writer.stream(),
      { pipelineId: 'orders', runId: 'r1', env },
      async (run) => {
        await run.step('fraction', (step) => step.rows({ written: 1.5, processed: 2 }))
        await run.step('cycle', (step) => step.note(cyclic))
        await run.step('fine', (step) => step.rows({ written: 3 }))
        const long = Promise.reject(new Error(`${'x'.repeat(1999)}\u{1f600}`))
        await run.step('cut', () => long).catch(() => undefined)
      },
    )
    const rows = await byName(writer)
    expect(rows.size).toBe(5)
    expect(rows.get('fraction r1')).toMatchObject({
      rows_written: null,
      rows_processed: 2,
      metadata: { status: 'success', refused_fields: { rows_written: '1.5' } },
    })
    expect(rows.get('cycle r1')?.metadata).toMatchObject({
      status: 'success',
      refused_fields: { metadata: '[object Object]' },
    })
    expect(rows.get('fine r1')?.metadata.refused_fields).toBeUndefined()
    expect(String(rows.get('cut r1')?.error_message)).toHaveLength(2000)
    expect(existsSync(`${path}.spool`)).toBe(false)
  },
)

test('rows that a gate refuses stay in the spool, and the other runs are stored', async () => {
  const path = join(base, 'logs.duckdb')
  const refuse = new WriterDataQualityError('too many invalid rows')
  const gate = {
    name: 'gate',
    beforeWrite: (batch: LogBatch) =>
      [...batchRows(batch)].some(({ pipeline_id }) => pipeline_id === 'bad')
        ? Promise.reject(refuse)
        : Promise.resolve(undefined),
  }
  await using writer = await createLogWriter({ storage: duckdbStorage({ path }), config: CONFIG, hooks: [gate] })
  for (const pipelineId of ['bad', 'good']) {
    const identity = runIdentity({ command: [pipelineId], pipelineId }, {})
    spool(`${path}.spool`, makeEntry({ identity, ...endEntry() }))
  }
  await expect(settleSpool(writer)).rejects.toMatchObject({ code: 'DATA_QUALITY' })
  expect((await rowsOf(writer)).map(({ pipeline_id }) => pipeline_id)).toEqual(['good'])
  expect(readdirSync(`${path}.spool`)).toHaveLength(1)
})
