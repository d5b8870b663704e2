import { samplePath } from '@forge/fixtures'
import { expect, test } from 'vitest'
import { readFileItems, readTextItems, rowsOf } from './read-items.ts'

const FILES = [
  'dbt_postgres_failed_run.json',
  'dbt_postgres_test.json',
  'dbt_snowflake_successful_run.json',
  'example_full_event.json',
]

const read = (name: string) => readFileItems(samplePath('openlineage', name))

test('41 events are 10 rows, and every event is counted once', async () => {
  const items = (await Promise.all(FILES.map(read))).flat()
  const count = (kind: string) =>
    items.filter((item) => item.kind === kind).reduce((sum, item) => sum + ('count' in item ? (item.count ?? 1) : 1), 0)
  expect({ rows: count('row'), folded: count('folded'), ignored: count('ignored') }).toEqual({
    rows: 10,
    folded: 9,
    ignored: 22,
  })
  expect(count('reject') + count('pending')).toBe(0)
})

test('jobs that share one run id stay apart, in the run of their invocation', async () => {
  const rows = rowsOf(await read('dbt_postgres_failed_run.json'))
  expect(rows).toMatchObject([
    {
      run_id: 'b0ed168e-1926-42da-aa25-6b3eb826074b',
      phase: 'pipeline',
      step_name: 'dbt-run-jaffle_shop',
      step_type: 'run',
      start_time: '2024-11-22T15:58:03.518877Z',
      end_time: '2024-11-22T15:58:09.771069Z',
      success: false,
    },
    {
      pipeline_id: 'dbt-run-jaffle_shop',
      step_name: 'model.jaffle_shop.orders',
      step_type: 'model',
      phase: 'silver',
      duration_secs: 0.575168,
      table_fqn: 'postgres.public.orders',
      schema: 'public',
      success: false,
      error_message: expect.stringMatching(/^Database Error in model orders/),
      metadata: { status: 'error', source_status: 'FAIL' },
    },
  ])
})

test('a failed check is failed, not an error, and its run did not build', async () => {
  const rows = rowsOf(await read('dbt_postgres_test.json'))
  expect(new Set(rows.map((row) => row.run_mode))).toEqual(new Set(['validation_only']))
  const check = rows.find((row) => row.step_name?.includes('accepted_values'))
  expect(check).toMatchObject({ step_type: 'test', validation_rate: 0, metadata: { status: 'failed' } })
})

test('an event that only ends has no start and no duration, and its statistics are its rows', async () => {
  const [row] = rowsOf(await read('example_full_event.json'))
  expect(row).toMatchObject({
    run_id: '3f5e83fa-3480-44ff-99c5-ff943904e5e8',
    execution_id: 'ea041791-68bc-4ae1-bd89-4c8106a157e4',
    start_time: null,
    end_time: '2020-12-28T19:51:01.641000Z',
    duration_secs: 0,
    rows_written: 2000,
    table_fqn: 'instance.schema.table',
  })
})

const event = (eventType: string, seconds: number, more: object = {}) => ({
  eventType,
  eventTime: `2024-01-01T00:00:0${seconds}Z`,
  run: { runId: '11111111-1111-4111-8111-111111111111' },
  job: { namespace: 'n', name: 'load' },
  ...more,
})

test('any order and any repetition of events give the same rows', async () => {
  const events = [event('START', 1), event('RUNNING', 2), event('FAIL', 3), event('COMPLETE', 4)]
  const lines = (list: readonly object[]) => list.map((each) => JSON.stringify(each)).join('\n')
  const expected = rowsOf(await readTextItems(lines(events), 'a.ndjson'))
  expect(expected).toMatchObject([{ success: true, duration_secs: 3 }])
  const shuffled = [...events.toReversed(), ...events]
  expect(rowsOf(await readTextItems(lines(shuffled), 'a.ndjson'))).toEqual(expected)
})

test('what has not ended is pending, events of datasets are ignored, broken ones are refused', async () => {
  const list = [event('START', 1), { eventTime: '2024-01-01T00:00:00Z', dataset: {} }, event('START', 1, { run: {} })]
  const now = () => new Date('2024-01-01T12:00:00Z')
  const items = await readTextItems(JSON.stringify([...list, { runId: 1 }]), 'a.json', { now })
  expect(items.map((item) => item.kind).sort()).toEqual(['ignored', 'pending', 'reject', 'reject'])
})

test('a start is completed by its end in a later file, and lost if none comes within a day', async () => {
  const now = () => new Date('2024-01-01T12:00:00Z')
  const [started] = await readTextItems(JSON.stringify(event('START', 1)), 'a.json', { now })
  if (started?.kind !== 'pending') throw new Error('it is not pending')
  const unfinished = new Map([[started.key ?? '', started.state ?? '']])
  const ended = await readTextItems(JSON.stringify(event('COMPLETE', 4)), 'b.json', { now, unfinished })
  expect(rowsOf(ended)).toMatchObject([{ start_time: '2024-01-01T00:00:01.000000Z', duration_secs: 3, success: true }])
  expect(ended).toContainEqual({ kind: 'ended', key: started.key })

  const later = () => new Date('2024-01-02T12:00:00Z')
  const other = event('COMPLETE', 5, { job: { namespace: 'n', name: 'other' } })
  const lost = await readTextItems(JSON.stringify(other), 'b.json', { now: later, unfinished })
  expect(rowsOf(lost).map((row) => [row.step_name, row.success, row.end_time === null])).toEqual([
    ['load', false, true],
    ['other', true, false],
  ])
  const again = lost.find((item) => item.kind === 'pending')
  if (again?.kind !== 'pending') throw new Error('its end is not waited for')
  const kept = new Map([[again.key ?? '', again.state ?? '']])
  expect(rowsOf(await readTextItems(JSON.stringify(other), 'b.json', { now: later, unfinished: kept }))).toHaveLength(1)
  const atLast = await readTextItems(JSON.stringify(event('FAIL', 9)), 'c.json', { now: later, unfinished: kept })
  expect(rowsOf(atLast)).toMatchObject([{ duration_secs: 8, success: false, metadata: { status: 'error' } }])
})
