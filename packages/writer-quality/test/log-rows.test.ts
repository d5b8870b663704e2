import {
  batchRows,
  createLogWriter,
  isWriterError,
  LOG_COLUMNS,
  type LogRowInput,
  memoryStorage,
  type Row,
  writerConfig,
} from '@forge/writer-core'
import { logRules, validateLogDataQuality } from '@forge/writer-quality'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logRows } from '../src/judge/log-rows.ts'

const config = writerConfig({ tableSchema: 's', tableName: 't' })
const now = new Date('2024-05-01T12:00:00Z')

const row: fc.Arbitrary<LogRowInput> = fc.record(
  {
    run_id: fc.constantFrom('run-1', 'run-2'),
    phase: fc.constantFrom('bronze', 'silver'),
    step_name: fc.constantFrom('load', 'Ünï', '😀'),
    duration_secs: fc.constantFrom(0, 2.5, 3n as unknown as number),
    rows_processed: fc.constantFrom(0, 5, 2 ** 40, -0),
    rows_written: fc.constantFrom(null, 4, 9_007_199_254_740_993n as unknown as number),
    table_fqn: fc.constantFrom(null, '', 'a.b'),
    metadata: fc.constantFrom(null, '{"a":1}', { b: [1] }),
    success: fc.boolean(),
    error_message: fc.constantFrom(null, 'no'),
    start_time: fc.constantFrom(null, new Date('1969-12-31T23:59:59.999Z'), '2024-05-01T11:30:00.123456+02:00'),
    cost: fc.constantFrom(1, null),
  },
  { requiredKeys: ['run_id', 'phase'] },
)

test('rows in memory are laid out as a writer stores them, whatever the form of their values', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
      await using writer = await createLogWriter({
        storage: memoryStorage(),
        config: { ...config, enableSchemaEvolution: true },
        now: () => now,
      })
      await writer.writeLogRows(rows)
      const stored: Row[] = []
      for await (const batch of (await writer.table()).scan()) stored.push(...batchRows(batch))
      const { parts, columns } = logRows(rows, { config, now })
      const laidOut = [...(parts?.() ?? [])].flatMap((batch) => [...batchRows(batch)])
      expect(columns.map(({ name }) => name)).toEqual(Object.keys(stored[0] ?? {}))
      expect(laidOut).toEqual(stored)
    }),
    { numRuns: 100 },
  )
})

test('many rows are counted in parts, with as many words and nulls as there are', async () => {
  const rows = Array.from({ length: 40_000 }, (_none, at): LogRowInput => {
    return {
      run_id: `run-${at}`,
      phase: 'gold',
      table_fqn: at % 3 === 0 ? null : `t${at % 7}`,
      rows_written: at % 5 === 0 ? null : at,
    }
  })
  const { parts } = logRows(rows, { config, now })
  const seen: unknown[] = []
  for (const part of parts?.() ?? []) {
    for (const { run_id, table_fqn, rows_written } of batchRows(part)) seen.push([run_id, table_fqn, rows_written])
  }
  expect(seen).toEqual(rows.map(({ run_id, table_fqn, rows_written }) => [run_id, table_fqn, rows_written]))
})

test('a value of a wrong type is reported with its place among all rows', async () => {
  const rows = Array.from({ length: 20_000 }, (): LogRowInput => ({ run_id: 'r', phase: 'gold', duration_secs: 1 }))
  rows[18_000] = { run_id: 'r', phase: 'gold', duration_secs: 'long' as never }
  const source = { config, storage: memoryStorage() } as never
  const refused = await validateLogDataQuality(source, rows, { validationRules: logRules() }).catch((error) => error)
  expect(isWriterError(refused, 'VALIDATION')).toBe(true)
  expect(refused.context).toMatchObject({ problems: [{ row: 18_000, field: 'duration_secs' }] })
})

test('fields called as what every object has are columns as others are', () => {
  const rows = JSON.parse('[{"run_id":"a","constructor":"x","__proto__":"y"},{"run_id":"b"}]') as LogRowInput[]
  const { parts } = logRows(rows, { config, now })
  const [part] = parts?.() ?? []
  const read = part
    ? [...batchRows(part)].map((each) => ['constructor', '__proto__'].map((name) => ownOf(each, name)))
    : []
  expect(read).toEqual([
    ['x', 'y'],
    [null, null],
  ])
})

function ownOf(row: Row, name: string): unknown {
  return Object.getOwnPropertyDescriptor(row, name)?.value
}

test('every column of the log is read from the rows', () => {
  const given = Object.fromEntries(LOG_COLUMNS.map(({ name, type }) => [name, sampleOf(type)]))
  const { parts } = logRows([given as LogRowInput], { config, now })
  const [part] = parts?.() ?? []
  expect(part && [...batchRows(part)].map((read) => Object.values(read).filter((value) => value === null))).toEqual([
    [],
  ])
})

function sampleOf(type: (typeof LOG_COLUMNS)[number]['type']): unknown {
  switch (type) {
    case 'string':
      return 'text'
    case 'timestamp':
      return now
    case 'json':
      return {}
    case 'boolean':
      return true
    case 'double':
    case 'int64':
      return 7
  }
}
