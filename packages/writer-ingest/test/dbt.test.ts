import { samplePath } from '@forge/fixtures'
import type { LogRowInput } from '@forge/writer-core'
import { describe, expect, test } from 'vitest'
import { readFileItems, readTextItems, rowsOf } from './read-items.ts'

const FILES = [
  'run_results.v2.json',
  'run_results.v4.json',
  'run_results.v5.json',
  'run_results.v6.json',
  'run_results.v6-1.12.json',
  'fail/run_results.json',
  'build/run_results.json',
]

async function sample(name: string): Promise<LogRowInput[]> {
  return rowsOf(await readFileItems(samplePath('dbt', ...name.split('/'))))
}

async function all(): Promise<LogRowInput[]> {
  return (await Promise.all(FILES.map(sample))).flat()
}

const metadata = (row: LogRowInput | undefined) => row?.metadata as Readonly<Record<string, unknown>>
const findRow = (rows: readonly LogRowInput[], part: string) => rows.find((row) => row.step_name?.includes(part))

describe('the seven samples', () => {
  test('give a row per result and one for each run, and no reject', async () => {
    const items = (await Promise.all(FILES.map((name) => readFileItems(samplePath('dbt', ...name.split('/')))))).flat()
    expect(items.filter((item) => item.kind !== 'row')).toEqual([])
    expect(rowsOf(items)).toHaveLength(235 + 7)
    expect(rowsOf(items).filter((row) => row.phase === 'pipeline')).toHaveLength(7)
  })

  test('keep docs generate apart as validation_only', async () => {
    const validating = (await all()).filter((row) => row.run_mode === 'validation_only')
    expect(validating.filter((row) => row.phase !== 'pipeline')).toHaveLength(78)
    expect(new Set(validating.map((row) => metadata(row).dbt_version))).toEqual(new Set(['0.20.2', '1.12.0']))
  })

  test('never take the row of a count query for rows of a test', async () => {
    const checks = (await all()).filter((row) => row.step_type === 'test')
    expect(checks).toHaveLength(111)
    expect(new Set(checks.map((row) => row.rows_processed))).toEqual(new Set([0]))
    expect(new Set(checks.map((row) => row.rows_written))).toEqual(new Set([null]))
    expect(new Set(checks.map((row) => row.validation_rate))).toEqual(new Set([100]))
  })

  test('have one pipeline per run, whatever packages are installed', async () => {
    const rows = [...(await sample('run_results.v5.json')), ...(await sample('run_results.v6.json'))]
    expect(new Set(rows.map((row) => row.pipeline_id))).toEqual(new Set(['jaffle_shop']))
  })
})

test('microseconds are kept: an execute of 4 microseconds is that long', async () => {
  const rows = await sample('run_results.v6.json')
  const hook = findRow(rows, 'elementary-on-run-start-0')
  expect(hook).toMatchObject({
    start_time: '2024-12-16T07:44:55.525836Z',
    end_time: '2024-12-16T07:44:56.166743Z',
    duration_secs: 0.640907,
  })
})

test('a hook whose time is all in compile has its times', async () => {
  const hook = findRow(await sample('run_results.v6.json'), 'elementary-on-run-end-0')
  expect(hook?.start_time).toBe('2024-12-16T07:45:24.610912Z')
  expect(hook?.end_time).toBe('2024-12-16T07:45:32.502568Z')
})

test('the run starts when the invocation did, or as long before its end as it took', async () => {
  const [modern] = await sample('run_results.v6-1.12.json')
  expect(modern).toMatchObject({ phase: 'pipeline', start_time: '2026-08-10T07:03:39.116699Z' })
  const [older] = await sample('run_results.v4.json')
  expect(older).toMatchObject({
    step_type: 'run',
    step_name: 'jaffle_shop',
    start_time: '2021-12-07T10:49:18.043067Z',
    end_time: '2021-12-07T10:49:34.224220Z',
    duration_secs: 16.181153059005737,
    success: false,
  })
})

test('a failure keeps its text and duration, what depends on it is upstream_failed', async () => {
  const rows = await sample('fail/run_results.json')
  expect(findRow(rows, 'test_second_parallel')).toMatchObject({
    success: false,
    start_time: null,
    duration_secs: 0.8196823596954346,
    table_fqn: 'random-gcp-project.dbt_test1.test_second_parallel_dbt_model',
    schema: 'dbt_test1',
    error_message: expect.stringMatching(/^Database Error in model \S+ \(\S+\) Syntax error: .* compiled SQL at/),
  })
  expect(metadata(findRow(rows, 'test_second_parallel'))).toMatchObject({ status: 'error', rows_unknown: true })
  expect(findRow(rows, 'test_third')).toMatchObject({ success: false, error_message: null })
  expect(metadata(findRow(rows, 'test_third')).status).toBe('upstream_failed')
  expect(metadata(rows[0])).toMatchObject({ status: 'error', steps: { error: 1, success: 2, upstream_failed: 1 } })
})

test('the manifest next to the file supplies tables, write modes and the node that a test checks', async () => {
  const rows = await sample('build/run_results.json')
  const table = 'random-gcp-project.dbt_test1.test_first_dbt_model'
  expect(findRow(rows, 'model.')).toMatchObject({ table_fqn: table, write_mode: 'overwrite', rows_written: 2 })
  expect(rows.find((row) => row.step_type === 'test')).toMatchObject({
    table_fqn: table,
    write_mode: null,
    phase: 'silver',
  })
  expect(findRow(rows, 'snapshot.')).toMatchObject({ write_mode: 'merge', rows_written: 0, step_type: 'snapshot' })
})

test('times far outside of the run are marked, and do not move it', async () => {
  const rows = await sample('build/run_results.json')
  expect(metadata(findRow(rows, 'snapshot.')).clock_suspect).toBe(true)
  expect(metadata(findRow(rows, 'model.')).clock_suspect).toBeUndefined()
  expect(rows[0]?.end_time).toBe('2021-11-09T14:20:08.032240Z')
})

test('phases follow the customs of naming, and a check that of what it checks', async () => {
  const rows = await sample('run_results.v5.json')
  expect(findRow(rows, 'seed.jaffle_shop.raw_orders')?.phase).toBe('bronze')
  expect(findRow(rows, 'model.jaffle_shop.stg_orders')?.phase).toBe('bronze')
  expect(findRow(rows, 'model.jaffle_shop.orders')?.phase).toBe('silver')
  expect(findRow(rows, 'not_null_stg_orders_order_id')?.phase).toBe('bronze')
  expect(findRow(rows, 'not_null_orders_order_id')?.phase).toBe('silver')
})

test('views have no rows, merges have theirs', async () => {
  const rows = await sample('run_results.v5.json')
  expect(findRow(rows, 'model.jaffle_shop.stg_orders')).toMatchObject({ rows_written: null, rows_processed: 0 })
  expect(findRow(rows, 'model.jaffle_shop.orders')).toMatchObject({
    rows_written: 99,
    rows_processed: 99,
    valid_rows: 99,
  })
  expect(metadata(findRow(rows, 'model.jaffle_shop.stg_orders')).rows_unknown).toBe(true)
})

function document(results: readonly object[], extra: object = {}): string {
  return JSON.stringify({
    metadata: {
      dbt_schema_version: 'https://schemas.getdbt.com/dbt/run-results/v6.json',
      dbt_version: '1.9.0',
      generated_at: '2024-01-01T00:00:10.000000Z',
      invocation_id: 'inv-1',
      ...extra,
    },
    results,
    elapsed_time: 10,
    args: { which: 'build', project_dir: 'C:\\work\\shop' },
  })
}

const result = { unique_id: 'model.shop.orders', status: 'success', execution_time: 1, timing: [], failures: null }

test('a result of a wrong type is refused with its place, the others go in', async () => {
  const items = await readTextItems(
    document([result, { ...result, status: 7 }, { ...result, unique_id: '' }]),
    'x.json',
  )
  expect(items.filter((item) => item.kind === 'reject')).toMatchObject([
    { position: { pointer: '/results/1' }, reason: expect.stringMatching(/^status: /) },
    { position: { pointer: '/results/2' }, reason: expect.stringMatching(/^unique_id: /) },
  ])
  const [run, ...steps] = rowsOf(items)
  expect(steps).toHaveLength(1)
  expect(run).toMatchObject({ pipeline_id: 'shop', metadata: { rejected_results: 2 } })
})

test('without an invocation nothing can be placed, and each result is refused', async () => {
  const items = await readTextItems(document([result, result], { invocation_id: null }), 'x.json')
  expect(rowsOf(items)).toEqual([])
  expect(items).toHaveLength(3)
})

test('a file that was cut off is refused, and says so', async () => {
  const text = document([result, result])
  const items = await readTextItems(text.slice(0, text.indexOf('"elapsed_time"') - 60), 'x.json')
  expect(rowsOf(items)).toEqual([])
  expect(items.some((item) => item.kind === 'reject' && item.reason.includes('ends early'))).toBe(true)
})

test('skipped is skipped when nothing failed, and an unknown word is reported', async () => {
  const skipped = await readTextItems(document([{ ...result, status: 'skipped' }]), 'x.json')
  expect(rowsOf(skipped).map((row) => metadata(row).status)).toEqual(['success', 'skipped'])
  const odd = await readTextItems(document([{ ...result, status: 'pondering' }]), 'x.json')
  expect(odd.find((item) => item.kind === 'warning')).toMatchObject({ text: expect.stringContaining('pondering') })
  expect(rowsOf(odd)[1]).toMatchObject({ success: false, metadata: { status: 'unknown', source_status: 'pondering' } })
})

test('failing rows of a test are its rows', async () => {
  const failing = {
    ...result,
    unique_id: 'test.shop.not_null_orders_id.abc',
    status: 'fail',
    failures: 3,
    message: 'Got 3',
  }
  const [, row] = rowsOf(await readTextItems(document([failing]), 'x.json'))
  expect(row).toMatchObject({
    run_mode: 'validation_only',
    rows_processed: 3,
    invalid_rows: 3,
    valid_rows: 0,
    validation_rate: 0,
    error_message: 'Got 3',
  })
})

test('counts may be floats or text; -1 and the message of a warehouse are not row counts', async () => {
  const resultOf = (rows_affected: unknown, code = 'INSERT') =>
    readTextItems(document([{ ...result, adapter_response: { rows_affected, code } }]), 'x.json').then(
      (items) => rowsOf(items)[1]?.rows_written,
    )
  expect(await resultOf(12.0)).toBe(12)
  expect(await resultOf('12')).toBe(12)
  expect(await resultOf(-1)).toBeNull()
  expect(await resultOf(1, 'SUCCESS')).toBeNull()
})

test('a long error is cut without losing its rest', async () => {
  const message = `${'a'.repeat(1999)}\n${'b'.repeat(50)}`
  const [, row] = rowsOf(await readTextItems(document([{ ...result, status: 'error', message }]), 'x.json'))
  expect(row?.error_message).toBe('a'.repeat(1999))
  expect(metadata(row).error_detail).toBe('b'.repeat(50))
})

test('freshness of sources is recorded as checks', async () => {
  const text = document([
    { unique_id: 'source.shop.raw.orders', status: 'runtime error', error: 'no such table' },
    {
      unique_id: 'source.shop.raw.users',
      status: 'warn',
      max_loaded_at: '2024-01-01T00:00:00Z',
      snapshotted_at: '2024-01-01T00:00:09Z',
      max_loaded_at_time_ago_in_s: 9.5,
      execution_time: 0.5,
      timing: [],
    },
  ]).replace('run-results', 'sources')
  const rows = rowsOf(await readTextItems(text, 'x.json'))
  expect(rows.map((row) => [row.step_type, row.run_mode, row.phase, row.success])).toEqual([
    ['run', 'validation_only', 'pipeline', false],
    ['freshness', 'validation_only', 'bronze', false],
    ['freshness', 'validation_only', 'bronze', true],
  ])
  expect(rows[1]?.error_message).toBe('no such table')
  expect(metadata(rows[2])).toMatchObject({ status: 'warn', max_loaded_at_time_ago_in_s: 9.5 })
})
