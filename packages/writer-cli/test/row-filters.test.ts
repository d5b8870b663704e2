import { batchFromRows, type ColumnDefinition, LOG_COLUMNS, memoryStorage } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { rowFilter } from '../src/command/row-filters.ts'

const none = {
  where: [],
  pipeline: undefined,
  run: undefined,
  phase: undefined,
  failed: false,
  until: undefined,
  timeZone: undefined,
}
const since = rowFilter({ ...none, since: '2024-01-01' }, new Date())

test('a period selects rows even if times of recording are text, as in tables of the Python original', async () => {
  const columns = LOG_COLUMNS.map(
    (column): ColumnDefinition => (column.name === 'created_at' ? { ...column, type: 'string' } : column),
  )
  const table = await memoryStorage().openTable({ schema: 's', name: 't' }, { columns })
  const row = {
    run_mode: 'initial',
    execution_id: 'e',
    pipeline_id: 'p',
    schema: 's',
    phase: 'gold',
    step_name: 'n',
    step_type: 't',
    duration_secs: 1,
    rows_processed: 1,
    valid_rows: 1,
    invalid_rows: 0,
    validation_rate: 100,
    success: true,
    created_at: '2024-01-01T10:00:00.5',
  }
  const rows = [
    { ...row, run_id: 'new', start_time: '2024-01-02T00:00:00Z' },
    { ...row, run_id: 'old', start_time: '2023-01-02T00:00:00Z' },
  ]
  await table.append(batchFromRows(columns, rows), { batchId: 'a' })
  const where = since(columns)
  let found = 0
  for await (const batch of table.scan(where && { where })) found += batch.rowCount
  expect(found).toBe(1)
})

test('a table without times cannot be asked for a period', () => {
  expect(() => since([{ name: 'run_id', type: 'string', nullable: false }])).toThrow(
    expect.objectContaining({ code: 'SCHEMA' }),
  )
  expect(rowFilter({ ...none, since: undefined }, new Date())([])).toBeUndefined()
})
