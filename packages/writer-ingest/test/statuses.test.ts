import { defectPath } from '@forge/fixtures'
import type { LogRowInput } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { statusReader } from '../src/mapping/status.ts'
import { readFileItems, readTextItems, rowsOf } from './read-items.ts'

const defect = (...names: readonly string[]) => readFileItems(defectPath(...names))
const status = (row: LogRowInput | undefined) => (row?.metadata as { status?: string } | undefined)?.status

function document(results: readonly unknown[], more: object = {}): string {
  const metadata = {
    dbt_schema_version: 'https://schemas.getdbt.com/dbt/run-results/v6.json',
    generated_at: '2026-11-28T00:00:10Z',
    invocation_id: 'i',
  }
  return JSON.stringify({ metadata, elapsed_time: 10, results, ...more })
}

const good = { unique_id: 'model.shop.a', status: 'success', execution_time: 1 }

test('words are read whatever their case, blanks, hyphens and underscores', () => {
  const reader = statusReader()
  for (const [word, expected] of [
    ...(['Pass', 'SUCCESS', 'Succeeded', 'ok', 'COMPLETED', 'neutral'] as const).map(
      (each) => [each, 'success'] as const,
    ),
    ...(['No-op', 'NOOP', 'no op', 'no_op', 'reused', 'Reused'] as const).map((each) => [each, 'noop'] as const),
    ...(['fail', 'FAILED', 'Failure'] as const).map((each) => [each, 'failed'] as const),
    ...(['Error', 'RUNTIME ERROR', 'runtime-error', 'Partial Success', 'startup_failure'] as const).map(
      (each) => [each, 'error'] as const,
    ),
    ...(['canceled', 'CANCELLED', 'Aborted', 'stale'] as const).map((each) => [each, 'cancelled'] as const),
    ...(['timed_out', 'Timed-Out', 'timeout'] as const).map((each) => [each, 'timeout'] as const),
    ...(['upstream_failed', 'UpstreamFailed'] as const).map((each) => [each, 'upstream_failed'] as const),
    ...(['warn', 'Warning'] as const).map((each) => [each, 'warn'] as const),
    ...(['skipped', 'SKIP', 'not_run'] as const).map((each) => [each, 'skipped'] as const),
  ]) {
    expect([word, reader.read(word)]).toEqual([word, expected])
  }
  expect(reader.warnings()).toEqual([])
  for (const word of ['running', 'queued', 'constructor', '__proto__', '', null, undefined, 'succes']) {
    expect([word, reader.read(word)]).toEqual([word, 'unknown'])
  }
  expect(reader.read('running')).toBe('unknown')
  // One for each word.
  expect(reader.warnings()).toHaveLength(6)
})

test('a word that is not known makes neither a success nor a failure of its step and its run', async () => {
  const items = await readTextItems(
    document([good, { ...good, unique_id: 'model.shop.b', status: 'pondering' }]),
    'x.json',
  )
  expect(rowsOf(items).map((row) => [row.success, row.error_message, status(row)])).toEqual([
    [false, null, 'unknown'],
    [true, null, 'success'],
    [false, null, 'unknown'],
  ])
  expect(items.filter(({ kind }) => kind === 'warning')).toHaveLength(1)
})

test('what dbt took from an earlier run is a noop, and its run a success', async () => {
  const items = await defect('dbt-reused', 'reused.json')
  expect(rowsOf(items).map((row) => [row.success, status(row)])).toEqual([
    [true, 'success'],
    [true, 'success'],
    [true, 'noop'],
  ])
  expect(items.filter(({ kind }) => kind !== 'row')).toEqual([])
  const test = { unique_id: 'test.shop.t.a', status: 'pass', adapter_response: { _message: 'NO-OP', code: 'NO-OP' } }
  expect(rowsOf(await readTextItems(document([test]), 'x.json')).map(status)).toEqual(['success', 'noop'])
})

test('with a manifest, skipped means upstream_failed for what depends on a failure alone', async () => {
  const rows = rowsOf(await defect('dbt-reused', 'fusion', 'run_results.json'))
  expect(rows.map((row) => [row.step_name, status(row)])).toEqual([
    ['shop', 'failed'],
    ['model.shop.stg_customers', 'skipped'],
    ['test.shop.unique_stg_customers_id.aa11bb22cc', 'skipped'],
    ['model.shop.stg_payments', 'success'],
    ['test.shop.not_null_stg_payments_id.dd44ee55ff', 'failed'],
  ])
})

test('a failing result in an unusual shape is read, and fails its run', async () => {
  expect(rowsOf(await defect('failure-refused', 'fail.json')).map((row) => [row.success, row.rows_processed])).toEqual([
    [false, 0],
    [false, 3],
    [true, 0],
  ])
  const old = rowsOf(await defect('failure-refused', 'dbt-0.19-v1.json'))
  expect(old.map((row) => [row.success, row.rows_processed])).toEqual([
    [false, 0],
    [true, 0],
    [false, 3],
    [true, 0],
  ])
  const surrogate = rowsOf(await defect('failure-refused', 'lone-surrogate.json'))
  expect(surrogate.map((row) => [row.success, row.error_message])).toEqual([
    [false, "model.shop.bad: Permission denied: 'caf\ufffd.sql'"],
    [false, "Permission denied: 'caf\ufffd.sql'"],
    [true, null],
  ])
})

test('whatever is wrong with a failing result, its run is not a success', async () => {
  const fields = ['execution_time', 'timing', 'thread_id', 'message', 'failures', 'adapter_response', 'relation_name']
  const values = ['3', 3, -1, 1e300, true, null, [], [1], {}, { a: 1 }, '\udc00']
  for (const field of fields) {
    for (const value of values) {
      const [run] = rowsOf(await readTextItems(document([good, { ...good, status: 'fail', [field]: value }]), 'x.json'))
      expect([field, value, run?.success, status(run)]).toEqual([field, value, false, 'failed'])
    }
  }
})

test('a result that cannot be read leaves its run failed when it says so, else unknown, with the count', async () => {
  const runOf = async (...results: readonly unknown[]) => {
    const [run] = rowsOf(await readTextItems(document([good, ...results]), 'x.json'))
    const metadata = (run?.metadata ?? {}) as Readonly<Record<string, unknown>>
    return [run?.success, metadata.status, metadata.rejected_results]
  }
  expect(await runOf({ status: 'fail' })).toEqual([false, 'failed', 1])
  expect(await runOf({ ...good, status: 7 }, { status: 'Error' })).toEqual([false, 'error', 2])
  expect(await runOf({ ...good, status: 7 })).toEqual([false, 'unknown', 1])
  expect(await runOf(7)).toEqual([false, 'unknown', 1])
  const cut = document([good, { unique_id: 'model.shop.b', status: 'fail' }]).replace('"model.shop.b"', 'model.shop.b')
  const [run] = rowsOf(await readTextItems(cut, 'x.json'))
  expect([run?.success, status(run)]).toEqual([false, 'failed'])
  const sources = document([{ unique_id: 7, status: 'error' }]).replace('run-results', 'sources')
  expect(rowsOf(await readTextItems(sources, 'x.json')).map((row) => [row.success, status(row)])).toEqual([
    [false, 'error'],
  ])
})

test('a document whose results are not a list has no run', async () => {
  for (const results of [{}, null, 'none', 7]) {
    const items = await readTextItems(document([], { results }), 'x.json')
    expect(items.map(({ kind }) => kind)).toEqual(['reject'])
  }
})

test('several commands of one invocation are attempts of their own', async () => {
  const keys = async (name: string) =>
    rowsOf(await defect('dbt-one-invocation-id', name)).map((row) => [
      row.run_id,
      row.execution_id,
      row.step_name,
      row.success,
    ])
  const [first, second] = [await keys('1.json'), await keys('2.json')]
  expect(first.map(([run]) => run)).toEqual(['same', 'same'])
  expect(new Set([...first, ...second].map(([, execution]) => execution)).size).toBe(2)
  expect([...first, ...second].map(([, , , success]) => success)).toEqual([false, false, true, true])
  expect(await keys('1.json')).toEqual(first)
})

test('a unit test has the phase and the table of its model', async () => {
  const rows = rowsOf(await defect('dbt-unit-tests', 'target', 'run_results.json'))
  expect(
    rows.slice(1, 3).map(({ step_name, phase, schema, table_fqn }) => [step_name, phase, schema, table_fqn]),
  ).toEqual([
    ['unit_test.shop.dim_customers.is_valid_email', 'gold', 'marts', 'db.marts.dim_customers'],
    ['unit_test.shop.stg_locations.opened_at_is_a_date', 'bronze', 'staging', 'db.staging.stg_locations'],
  ])
})

test('without a manifest, unit tests and versioned models are placed by the name of the model', async () => {
  const ids = [
    'unit_test.shop.dim_customers.is_valid',
    'model.shop.stg_orders.v2',
    'test.shop.not_null_fct_x_id.ab',
    'model.shop.fct_x.v1',
  ]
  const rows = rowsOf(await readTextItems(document(ids.map((unique_id) => ({ ...good, unique_id }))), 'x.json'))
  expect(rows.slice(1).map(({ phase }) => phase)).toEqual(['gold', 'bronze', 'gold', 'gold'])
})

test('a dot within quotes parts no name', async () => {
  const relation = async (relation_name: string) => {
    const [, row] = rowsOf(await readTextItems(document([{ ...good, relation_name }]), 'x.json'))
    return [row?.schema, row?.table_fqn]
  }
  expect(await relation('"db"."my.schema"."orders"')).toEqual(['my.schema', 'db."my.schema".orders'])
  expect(await relation('`proj-1`.`ds`.`orders`')).toEqual(['ds', 'proj-1.ds.orders'])
  expect(await relation('`proj-1.ds.orders`')).toEqual(['ds', 'proj-1.ds.orders'])
  expect(await relation('[db].[dbo].[or.ders]')).toEqual(['dbo', 'db.dbo."or.ders"'])
})

test('zero times of GitHub are null, and an end before its start is not an end', async () => {
  const rows = rowsOf(await defect('github-zero-times', 'jobs.json'))
  expect(rows.map(({ start_time, end_time, duration_secs }) => [start_time, end_time, duration_secs])).toEqual([
    [null, '2026-03-01T02:05:00.000000Z', 0],
    ['2026-03-01T02:04:07.000000Z', null, 0],
  ])
})

test('a job of GitHub that failed is recorded whatever its other fields are', async () => {
  const job = { id: '1', run_id: 9, run_url: 'https://api.github.com/repos/o/r/actions/runs/9', status: 'Completed' }
  for (const more of [{ name: 7 }, { steps: 'none' }, { labels: [1] }, { started_at: 5 }, { run_attempt: {} }]) {
    const items = await readTextItems(JSON.stringify({ jobs: [{ ...job, conclusion: 'FAILURE', ...more }] }), 'x.json')
    expect(rowsOf(items).map((row) => [row.success, status(row)])).toEqual([[false, 'failed']])
  }
  const odd = await readTextItems(JSON.stringify({ jobs: [{ ...job, conclusion: 'mystery' }] }), 'x.json')
  expect(rowsOf(odd).map((row) => [row.success, status(row)])).toEqual([[false, 'unknown']])
  expect(odd.filter(({ kind }) => kind === 'warning')).toHaveLength(1)
})

test('the old name of the parent facet of OpenLineage makes steps of one run', async () => {
  const rows = rowsOf(await defect('openlineage-parentrun', 'parentrun.ndjson'))
  expect(rows.map((row) => [row.run_id, row.pipeline_id, row.step_name, row.success])).toEqual([
    ['0190aaaa-0000-7000-8000-00000000000a', 'orders_daily', 'orders_daily.load_orders', true],
    ['0190aaaa-0000-7000-8000-00000000000a', 'orders_daily', 'orders_daily.clean_orders', false],
  ])
})

test('OpenLineage: an end before its start, and the year 1, make no duration', async () => {
  const event = (eventType: string, eventTime: string) =>
    JSON.stringify({ eventType, eventTime, run: { runId: '1' }, job: { namespace: 'n', name: 'load' } })
  const periodOf = async (start: string, end: string) => {
    const text = `${event('Start', start)}\n${event('Completed', end)}`
    return rowsOf(await readTextItems(text, 'x.ndjson')).map((row) => [row.start_time, row.end_time, row.duration_secs])
  }
  expect(await periodOf('2026-01-01T00:00:05Z', '2026-01-01T00:00:01Z')).toEqual([
    ['2026-01-01T00:00:05.000000Z', null, 0],
  ])
  expect(await periodOf('0001-01-01T00:00:00Z', '2026-01-01T00:00:01Z')).toEqual([
    [null, '2026-01-01T00:00:01.000000Z', 0],
  ])
})
