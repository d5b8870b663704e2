import {
  batchFromRows,
  batchRows,
  createLogWriter,
  type LogRowInput,
  memoryStorage,
  type Row,
} from '@forge/writer-core'
import { makeRow } from '@forge/writer-core/testing'
import { logRules, validateLogDataQuality } from '@forge/writer-quality'
import { expect, test } from 'vitest'

test.each<[string, LogRowInput]>([
  ['run_id is not empty', { run_id: '' }],
  ['step_name is not empty', { step_name: '' }],
  ['phase is known', { phase: 'copper' as 'gold' }],
  ['phase is known', { phase: null }],
  ['run_mode is known', { run_mode: 'sometimes' as 'initial' }],
  ['write_mode is known', { write_mode: 'guess' as 'append' }],
  ['duration_secs is not negative', { duration_secs: -1 }],
  ['validation_rate is a percentage', { validation_rate: 101, valid_rows: 100 }],
  ['invalid_rows is not negative', { valid_rows: 101, invalid_rows: -1 }],
  ['valid and invalid rows add up', { valid_rows: 60, invalid_rows: 41 }],
  ['no more rows written than processed', { rows_written: 101 }],
  ['a step ends after its start', { start_time: '2024-01-01T10:00:00Z', end_time: '2024-01-01T09:59:59Z' }],
  ['a run ends after its start', { run_started_at: '2024-01-02T00:00:00Z', run_ended_at: '2024-01-01T00:00:00Z' }],
])('the rule "%s" fails for %j, and no other does', async (rule, change) => {
  const { failures, qualityPassed } = await validateLogDataQuality(await source(), [
    makeRow({ rows_processed: 100, ...change }),
  ])
  expect(failures).toMatchObject([{ rule, failingRows: 1 }])
  expect(qualityPassed).toBe(false)
})

test('rows of the guide and rows that leave much out are of good quality', async () => {
  const rows: LogRowInput[] = [
    makeRow({ rows_processed: 100 }),
    { phase: 'pipeline' },
    { phase: 'gold', error_message: 'no' },
  ]
  expect(await validateLogDataQuality(await source(), rows)).toMatchObject({
    qualityPassed: true,
    validationRate: 100,
    scorePercent: 100,
    failures: [],
  })
})

test('a step may write more rows than it processed if its metadata says so', async () => {
  const rows = [
    makeRow({ rows_processed: 100, rows_written: 500, metadata: { expands_rows: true } }),
    makeRow({ rows_processed: 100, rows_written: 500, metadata: { expands_rows: 'no' } }),
  ]
  expect(await validateLogDataQuality(await source(), rows)).toMatchObject({ validRows: 1, invalidRows: 1 })
})

test('of a table that lacks columns only the rules are asked whose columns are there', () => {
  const columns = [{ name: 'duration_secs', type: 'double', nullable: false }] as const
  expect(logRules({ columns }).map(({ name }) => name)).toEqual(['duration_secs is not negative'])
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'a stored duration of %s is not a duration',
  async (duration_secs) => {
    const writer = await source()
    await writer.writeLogRows([makeRow()])
    const table = await writer.table()
    const { columns } = await table.info()
    const stored: Row[] = []
    for await (const batch of table.scan({})) stored.push(...batchRows(batch))
    await table.append(batchFromRows(columns, [{ ...stored[0], duration_secs }]), { batchId: 'theirs' })
    expect(await validateLogDataQuality(writer)).toMatchObject({
      validRows: 1,
      invalidRows: 1,
      failures: [{ rule: 'duration_secs is not negative', checkedRows: 2, failingRows: 1 }],
    })
  },
)

function source() {
  return createLogWriter({ storage: memoryStorage(), config: { tableSchema: 'a', tableName: 'logs' } })
}
