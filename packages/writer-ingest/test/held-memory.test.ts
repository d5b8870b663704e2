import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createLogWriter, memoryStorage } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { ingestConfig, ingestFile } from '@forge/writer-ingest'
import { expect, test } from 'vitest'
import { readReport } from '../src/junit/events.ts'
import { textLength } from '../src/reading/limits.ts'
import { readTextItems } from './read-items.ts'

const MB = 1024 * 1024
const config = { tableSchema: 'analytics', tableName: 'pipeline_logs', ...ingestConfig }

async function kindsOf(chunks: Iterable<string>): Promise<unknown[]> {
  const found: unknown[] = []
  const bytes = Readable.from(
    (function* () {
      for (const chunk of chunks) yield Buffer.from(chunk)
    })(),
  )
  for await (const event of readReport(bytes)) found.push(event.kind === 'problem' ? event.reason : event.kind)
  return found
}

function* repeat(first: string, part: string, times: number): Generator<string> {
  yield first
  for (let at = 0; at < times; at++) yield part
}

test('the length of texts counts nested texts and names', () => {
  expect(textLength({ ab: 'cde', f: ['gh', { i: 'j' }], k: null })).toBe(2 + 3 + 1 + 2 + 1 + 1 + 1 + 8)
})

test('rows with long texts are written in several commits, and all are stored', async () => {
  const path = join(newFolder(), 'rows.ndjson')
  const row = (at: number) =>
    JSON.stringify({ run_id: `r${at}`, phase: 'gold', step_name: 's', error_message: 'x'.repeat(10 * MB) })
  await writeFile(path, Array.from({ length: 8 }, (_, at) => row(at)).join('\n'))
  const writer = await createLogWriter({ storage: memoryStorage(), config })
  const commits: number[] = []
  const report = await ingestFile(writer, path, { onProgress: ({ records }) => commits.push(records) })
  expect(commits).toEqual([4, 8])
  expect(report).toMatchObject({ written: 8, rejected: 0 })
  await writer.close()
})

test('the messages of failures in the report are bounded', async () => {
  const path = join(newFolder(), 'rows.ndjson')
  await writeFile(
    path,
    JSON.stringify({
      run_id: 'r'.repeat(5000),
      phase: 'gold',
      step_name: 's',
      success: false,
      error_message: 'x'.repeat(MB),
    }),
  )
  const writer = await createLogWriter({ storage: memoryStorage(), config })
  const report = await ingestFile(writer, path)
  expect(report?.failures[0]?.message).toHaveLength(2000)
  expect(report?.runs).toEqual([])
  await writer.close()
})

const PREFIX = '<testsuite name="s"><testcase name="one"/>'

test.each([
  ['attribute', '<testcase name="'],
  ['text', '<testcase name="t"><failure>'],
  ['comment', '<!--'],
  ['CDATA section', '<testcase name="t"><system-out><![CDATA['],
])('a JUnit %s without an end is one problem, and the tests before it are kept', async (_part, opening) => {
  expect(await kindsOf(repeat(PREFIX + opening, 'a'.repeat(MB), 80))).toEqual([
    'suite',
    'case',
    'a text or tag is longer than 64 MB',
  ])
})

test('suites nested without an end are one problem', async () => {
  const found = await kindsOf(repeat(PREFIX, '<testsuite name="s">'.repeat(1000), 100))
  expect(found.at(-1)).toBe('nested more than 1000 deep')
  expect(found.length).toBeLessThan(1005)
})

test('of many failures of one test the first is kept, and repeated ones are counted', async () => {
  const part = '<failure message="m">x</failure><rerunFailure message="again"/>'
  const items = await readTextItems(
    `${PREFIX}<testcase name="t">${part.repeat(20_000)}</testcase></testsuite>`,
    'x.xml',
  )
  expect(items[1]).toMatchObject({
    row: { error_message: 'm x', metadata: { status: 'failed', repeated_failures: 20_000 } },
  })
})

test('words of a status that are not known are counted, up to a number', async () => {
  const jobs = Array.from({ length: 3000 }, (_, at) => ({
    id: at,
    run_id: 1,
    run_url: 'https://api.github.com/repos/o/r/actions/runs/1',
    status: 'completed',
    conclusion: `odd${at}`,
  }))
  const items = await readTextItems(JSON.stringify({ jobs }), 'x.json')
  expect(items.filter(({ kind }) => kind === 'row')).toHaveLength(3000)
  expect(items.filter(({ kind }) => kind === 'warning')).toHaveLength(21)
})

/** Lines of a megabyte each, of which a file holds 140. */
function* longLines(lineOf: (at: number, text: string) => object): Generator<string> {
  const text = 'x'.repeat(MB)
  for (let at = 0; at < 140; at++) yield `${JSON.stringify(lineOf(at, text))}\n`
}

function startOf(at: number, message: string) {
  return {
    eventType: 'START',
    eventTime: '2026-01-01T00:00:00Z',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json',
    run: { runId: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`, facets: { errorMessage: { message } } },
    job: { namespace: 'n', name: `job ${at}` },
  }
}

function spanOf(at: number, note: string) {
  return {
    record_type: 'SpanEnd',
    trace_id: '0'.repeat(32),
    span_id: String(at),
    event_type: 'v1.public.events.fusion.node.NodeProcessed',
    attributes: { unique_id: `model.p.m${at}`, note },
  }
}

test.each([
  ['OpenLineage', startOf],
  ['the telemetry of dbt', spanOf],
])('beyond 128 MB that belong together, records of %s are rejects', { tags: 'many-rows' }, async (_name, lineOf) => {
  const items = await readTextItems([...longLines(lineOf)].join(''), 'x.ndjson', {
    now: () => new Date('2026-01-01T01:00:00Z'),
  })
  const rejects = items.filter(({ kind }) => kind === 'reject')
  expect(rejects).toHaveLength(12)
  expect(rejects[0]).toMatchObject({ position: { line: 129 }, reason: expect.stringContaining('128 MB') })
})

test('jobs of OpenLineage that have ended are written before they fill the memory', { tags: 'many-rows' }, async () => {
  const lines = [...longLines((at, text) => ({ ...startOf(at, text), eventType: 'FAIL' }))]
  const items = await readTextItems(lines.join(''), 'x.ndjson')
  expect(items.filter(({ kind }) => kind === 'row')).toHaveLength(140)
})
