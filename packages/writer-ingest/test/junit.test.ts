// @module-tag many-cases
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { batchRows, createLogWriter, memoryStorage, type Row } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { type IngestOptions, ingestConfig, ingestFile, type Reject } from '@forge/writer-ingest'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const folder = newFolder()

async function ingest(xml: string | Buffer, options: IngestOptions = {}) {
  const path = join(folder, 'report.xml')
  writeFileSync(path, xml)
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs', ...ingestConfig }
  await using writer = await createLogWriter({ storage: memoryStorage(), config })
  const rejects: Reject[] = []
  const report = await ingestFile(writer, path, { onReject: (reject) => void rejects.push(reject), ...options })
  const rows: Row[] = []
  const table = await writer.table()
  if ((await table.info()).exists)
    for await (const batch of table.scan({
      orderBy: [{ column: 'phase' }, { column: 'step_name' }, { column: 'execution_id' }],
    }))
      rows.push(...batchRows(batch))
  return { report, rejects, rows: rows.map(withMetadata) }
}

// biome-ignore lint/suspicious/noExplicitAny: tests read any field of the metadata
type Metadata = any

function withMetadata(row: Row): Row & { readonly metadata: Metadata } {
  return { ...row, metadata: JSON.parse(String(row.metadata)) }
}

const PYTEST = `<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="1.250" timestamp="2026-11-30T10:00:00.123456+01:00" hostname="h">
<testcase classname="tests.test_orders" name="test_total[é]" time="0.500" file="tests/test_orders.py" />
<testcase classname="tests.test_orders" name="test_sum" time="0.25"><failure message="AssertionError: assert 1 == 2">def test_sum():
&gt;   assert 1 == 2</failure></testcase>
<testcase classname="tests.test_orders" name="test_db" time="0.1"><error message="failed on setup with &quot;no db&quot;"><![CDATA[trace <here>]]></error></testcase>
<testcase classname="tests.test_orders" name="test_slow" time="0"><skipped type="pytest.skip" message="needs a database">x.py:3: needs</skipped></testcase>
</testsuite></testsuites>`

test('a report of pytest is a run with a step for each test', async () => {
  const { report, rows } = await ingest(PYTEST)
  expect(report).toMatchObject({ format: 'junit', records: 5, written: 5, rejected: 0 })
  expect(
    rows.map(({ phase, step_name, success, duration_secs, metadata }) => [
      phase,
      step_name,
      success,
      duration_secs,
      metadata.status,
    ]),
  ).toEqual([
    ['pipeline', 'pytest', false, 1.25, 'error'],
    ['silver', 'tests.test_orders.test_db', false, 0.1, 'error'],
    ['silver', 'tests.test_orders.test_slow', true, 0, 'skipped'],
    ['silver', 'tests.test_orders.test_sum', false, 0.25, 'failed'],
    ['silver', 'tests.test_orders.test_total[é]', true, 0.5, 'success'],
  ])
  const [run, broken, skipped, failed] = rows
  expect(run).toMatchObject({
    run_id: 'junit/pytest/2026-11-30T09:00:00.123456Z',
    start_time: '2026-11-30T09:00:00.123456Z',
    error_message: expect.stringContaining('tests.test_orders.test_sum: AssertionError: assert 1 == 2 def test_sum()'),
    metadata: { steps: { success: 1, failed: 1, error: 1, skipped: 1 } },
  })
  expect(broken?.error_message).toBe('failed on setup with "no db" trace <here>')
  expect(skipped?.metadata.skip_reason).toContain('needs a database')
  expect(failed?.metadata).toMatchObject({ suite: 'pytest' })
})

test('tests that were repeated have the outcome of their last attempt', async () => {
  const { rows } = await ingest(`<testsuite name="Flaky" time="1,234.5">
    <testcase name="a"><flakyFailure message="once"/></testcase>
    <testcase name="b"><failure message="for good"/><rerunFailure message="again"/><rerunFailure/></testcase>
    <testcase name="b"/></testsuite>`)
  expect(rows.map(({ step_name, success, metadata }) => [step_name, success, metadata.repeated_failures])).toEqual([
    ['Flaky', false, undefined],
    ['a', true, 1],
    ['b', false, 2],
    ['b', true, undefined],
  ])
  expect(rows[0]?.duration_secs).toBe(1234.5)
})

test('a report that breaks off is a reject, its tests are stored, and its run is not a success', async () => {
  const { report, rejects, rows } = await ingest(PYTEST.slice(0, PYTEST.indexOf('name="test_sum"')))
  expect(report).toMatchObject({ written: 2, rejected: 1 })
  expect(rejects[0]?.reason).toMatch(/XML/)
  expect(rows.map(({ step_name, success, metadata }) => [step_name, success, metadata.status])).toEqual([
    ['pytest', false, 'unknown'],
    ['tests.test_orders.test_total[é]', true, 'success'],
  ])
})

test('the same report again adds nothing, and XML of another kind is not a report', async () => {
  expect((await ingest('<project><testcase name="x"/></project>')).report).toBeUndefined()
  expect((await ingest('<testsuite name="s"/>')).rows).toEqual([])
  const first = await ingest(PYTEST)
  expect((await ingest(PYTEST)).rows.map(({ run_id }) => run_id)).toEqual(first.rows.map(({ run_id }) => run_id))
})

test('the tests of a recorded run are its steps', async () => {
  const { rows } = await ingest(PYTEST, { run: { runId: 'r1', pipelineId: 'ci' } })
  expect(rows).toHaveLength(4)
  expect(new Set(rows.map(({ run_id, pipeline_id, phase }) => `${run_id} ${pipeline_id} ${phase}`))).toEqual(
    new Set(['r1 ci silver']),
  )
  expect(rows[0]?.metadata.source_run_id).toBe('junit/pytest/2026-11-30T09:00:00.123456Z')
})

test('entities of a document type are not expanded', async () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><testsuite name="s"><testcase name="&b;"/></testsuite>`
  const { report, rows } = await ingest(bomb, { format: 'junit' })
  expect(report).toMatchObject({ rejected: 1 })
  expect(rows.map(({ phase, metadata }) => [phase, metadata.status])).toEqual([['pipeline', 'unknown']])
})

test('no text makes it fail', async () => {
  const parts = fc.array(
    fc.constantFrom(
      '<testsuite name="s">',
      '</testsuite>',
      '<testcase name="a">',
      '</testcase>',
      '<failure>',
      '</failure>',
      'text',
      '<',
      '&',
      '&amp;',
      ']]>',
      '<![CDATA[',
      '\u0000',
      '𝄞',
    ),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(parts, async (pieces) => {
      const { report } = await ingest(`<testsuites>${pieces.join('')}`, { format: 'junit' })
      expect(report?.records).toBe(
        (report?.written ?? 0) +
          (report?.alreadyThere ?? 0) +
          (report?.replaced ?? 0) +
          (report?.rejected ?? 0) +
          (report?.folded ?? 0),
      )
    }),
    { numRuns: 60 },
  )
})
