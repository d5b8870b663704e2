import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { samplePath } from '@forge/fixtures'
import { createLogWriter, type LogWriter } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findInputs, IngestReadError, type IngestReport, ingestConfig, ingestFile, type Reject } from '../src/index.ts'

let folder = ''
let writer: LogWriter
beforeEach(async () => {
  folder = newFolder()
  const config = { tableSchema: 'analytics', tableName: 'logs', ...ingestConfig }
  writer = await createLogWriter({ storage: duckdbStorage({ path: join(folder, 'logs.duckdb') }), config })
})
afterEach(async () => {
  await writer.close()
})

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

async function rowCount(): Promise<number> {
  return (await (await writer.table()).info()).rowCount
}

async function read(path: string, options: Parameters<typeof ingestFile>[2] = {}): Promise<IngestReport> {
  const report = await ingestFile(writer, path, options)
  if (!report) throw new Error('no format recognises it')
  const { written, alreadyThere, replaced, rejected, folded, pending, ignored } = report
  expect(report.records).toBe(written + alreadyThere + replaced + rejected + folded + pending + ignored)
  return report
}

const row = (name: string, more: object = {}) =>
  JSON.stringify({ run_id: 'r1', phase: 'gold', step_name: name, duration_secs: 1, ...more })

test('every sample goes in once, however often it is read', { tags: 'many-rows' }, async () => {
  const inputs = await findInputs(['dbt', 'openlineage', 'github'].map((name) => samplePath(name)))
  const readAll = async () => {
    const reports = []
    for (const { path } of inputs) reports.push(await ingestFile(writer, path))
    return reports.flatMap((report) => report ?? [])
  }
  const first = await readAll()
  expect(first.reduce((sum, { written }) => sum + written, 0)).toBe(242 + 10 + 3)
  // Two payloads of GitHub are about one job.
  expect(await rowCount()).toBe(254)
  const second = await readAll()
  expect(second.reduce((sum, { written }) => sum + written, 0)).toBe(0)
  expect(await rowCount()).toBe(254)
})

test('rows that the writer refuses are rejected one by one, with the reason of each', async () => {
  const bad = ['{"run_id":"r1","phase":"lead"}', row('c', { duration_secs: -1 }), row('d', { colour: 'red' })]
  const rejects: Reject[] = []
  const path = await file('rows.ndjson', [row('a'), ...bad, row('b'), row('e', { start_time: 'soon' })].join('\n'))
  const report = await read(path, { onReject: (reject) => void rejects.push(reject) })
  expect(report).toMatchObject({ records: 6, written: 2, rejected: 4, runs: ['r1'] })
  expect(rejects.map(({ line }) => line).sort()).toEqual([2, 3, 4, 6])
  expect(rejects.find(({ line }) => line === 3)?.reason).toMatch(/^duration_secs must be/)
  expect(rejects.find(({ line }) => line === 4)?.reason).toBe('unknown field colour')
  expect(await rowCount()).toBe(2)
})

test('more bad rows than one error can list are all rejected', async () => {
  const rows = Array.from({ length: 450 }, (_, at) => row(`s${at}`, at % 3 === 0 ? { duration_secs: 'long' } : {}))
  const report = await read(await file('rows.ndjson', rows.join('\n')))
  expect(report).toMatchObject({ records: 450, written: 300, rejected: 150 })
})

test('of equal steps the last counts, in one file and over chunks', async () => {
  const rows = [row('a', { duration_secs: 1 }), row('b'), row('a', { duration_secs: 3 })]
  const path = await file('rows.ndjson', rows.join('\n'))
  expect(await read(path)).toMatchObject({ records: 3, written: 2, replaced: 1 })
  const chunked = await read(await file('more.ndjson', rows.join('\n')), { chunkRows: 1 })
  expect(chunked.written + chunked.alreadyThere).toBe(3)
  const table = await writer.table()
  const [longest] = await table.aggregate({
    measures: [{ as: 'most', fn: 'max', of: { kind: 'column', name: 'duration_secs' } }],
  })
  expect(longest?.most).toBe(3)
  expect(await rowCount()).toBe(2)
})

test('a file that has grown adds what is new', async () => {
  await read(await file('rows.ndjson', [row('a'), row('b')].join('\n')))
  await read(await file('rows.ndjson', [row('a'), row('b'), row('c')].join('\n')))
  expect(await rowCount()).toBe(3)
})

test('times without a zone are UTC with a warning, or in the given zone', async () => {
  const path = await file('rows.ndjson', row('a', { start_time: '2024-01-01T12:00:00' }))
  expect((await read(path)).warnings).toEqual([expect.stringMatching(/^1 times .*UTC/)])
  expect((await read(path, { timeZone: 'Europe/Berlin' })).warnings).toEqual([])
  await expect(ingestFile(writer, path, { timeZone: 'Mars/Base' })).rejects.toMatchObject({ code: 'CONFIGURATION' })
})

test('a start waits in the storage for its end, also in another process', async () => {
  const event = (eventType: string, eventTime: string) =>
    JSON.stringify({ eventType, eventTime, run: { runId: 'r' }, job: { namespace: 'n', name: 'load' } })
  const now = () => new Date('2024-01-01T00:10:00Z')
  const started = await read(await file('a.ndjson', event('START', '2024-01-01T00:00:00Z')), {
    now,
    format: 'openlineage',
  })
  expect(started).toMatchObject({ records: 1, pending: 1, written: 0 })
  await writer.close()
  const config = { tableSchema: 'analytics', tableName: 'logs', ...ingestConfig }
  writer = await createLogWriter({ storage: duckdbStorage({ path: join(folder, 'logs.duckdb') }), config })
  const end = await file('b.ndjson', event('COMPLETE', '2024-01-01T00:01:00Z'))
  expect(await read(end, { now, format: 'openlineage' })).toMatchObject({ records: 1, written: 1 })
  const table = await writer.table()
  const [figures] = await table.aggregate({
    measures: [{ as: 'secs', fn: 'sum', of: { kind: 'column', name: 'duration_secs' } }],
  })
  expect(figures?.secs).toBe(60)
})

test('of a file that cannot be read to its end, what was read goes in, and the error counts it', async () => {
  const whole = gzipSync(Array.from({ length: 5000 }, (_, at) => row(`step ${at} ${Math.sqrt(at)}`)).join('\n'))
  const path = join(folder, 'cut.ndjson.gz')
  await writeFile(path, whole.subarray(0, whole.length / 2))
  const error = await ingestFile(writer, path).catch((thrown: unknown) => thrown)
  if (!(error instanceof IngestReadError)) throw error
  expect(error.context).toMatchObject({ file: path, cause: 'Z_BUF_ERROR' })
  expect(error.report?.written).toBeGreaterThan(0)
  expect(error.report?.written).toBe(await rowCount())
  await expect(ingestFile(writer, join(folder, 'missing.json'))).rejects.toMatchObject({
    code: 'TABLE',
    report: undefined,
  })
})

test('UTF-16 is named as the cause, and a header that is not UTF-8 is an error of the file', async () => {
  const path = join(folder, 'utf16.csv')
  await writeFile(path, Buffer.from('\ufeffrun_id,phase\nr,gold\n', 'utf16le'))
  await expect(ingestFile(writer, path)).rejects.toMatchObject({ context: { cause: 'UTF_16' } })
  await writeFile(path, Buffer.from('run_id,phase,caf\u00e9\nr,gold,x\n', 'latin1'))
  await expect(ingestFile(writer, path)).rejects.toMatchObject({ context: { cause: 'CSV_HEADER' } })
})

test('options that cannot be are refused before anything is read', async () => {
  for (const options of [{ chunkRows: 0 }, { chunkRows: Number.NaN }, { staleAfterMs: -1 }]) {
    await expect(ingestFile(writer, 'none.json', options)).rejects.toMatchObject({ code: 'CONFIGURATION' })
  }
})

test('an option that has no effect on the format is a warning', async () => {
  const path = await file('rows.ndjson', row('a'))
  const { warnings } = await read(path, { depth: 'sql', manifest: 'manifest.json' })
  expect(warnings).toEqual(
    ['manifest', 'depth sql'].map((option) => expect.stringMatching(new RegExp(`^${option} .*ndjson`))),
  )
})

test('an abort ends the work between chunks', async () => {
  const controller = new AbortController()
  const rows = Array.from({ length: 30 }, (_, at) => row(`s${at}`))
  const path = await file('rows.ndjson', rows.join('\n'))
  const onProgress = () => controller.abort()
  await expect(ingestFile(writer, path, { chunkRows: 10, signal: controller.signal, onProgress })).rejects.toThrow()
  expect(await rowCount()).toBe(10)
})

test('an abort ends the work also while nothing comes', async () => {
  for (const given of ['', `${row('a')}\n`.repeat(1000)]) {
    const controller = new AbortController()
    const stdin = new PassThrough()
    stdin.write(given || ' ')
    const reading = ingestFile(writer, '-', { stdin, format: 'ndjson', signal: controller.signal })
    setImmediate(() => controller.abort())
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
  }
  expect(await rowCount()).toBe(0)
})

test('a format that does not exist is a configuration error, a file of none is left alone', async () => {
  const path = await file('notes.json', '{"hello":"world"}')
  expect(await ingestFile(writer, path)).toBeUndefined()
  await expect(ingestFile(writer, path, { format: 'csvx' })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  await expect(findInputs([join(folder, 'missing')])).rejects.toMatchObject({ code: 'CONFIGURATION' })
})

test('keys that are whole numbers are the text that they are stored as; others are rejected one by one', async () => {
  const ids = ['9007199254740993', '9007199254740993', '"9007199254740993"', '36893488147419103232', '7', '"7"', '1.5']
  const lines = ids.map((id, at) => `{"run_id":${id},"phase":"gold","step_name":"s","rows_processed":${at}}`)
  const report = await read(await file('numbers.ndjson', lines.join('\n')))
  expect(report).toMatchObject({ written: 2, replaced: 3, rejected: 2 })
  const stored = await writer.showLogs({ limit: 10 })
  expect(stored.map(({ run_id, rows_processed }) => [run_id, Number(rows_processed)]).sort()).toEqual([
    ['7', 5],
    ['9007199254740993', 2],
  ])
})
