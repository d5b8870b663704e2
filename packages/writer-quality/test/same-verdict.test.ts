import { join } from 'node:path'
import { createLogWriter, eq, type LogRowInput, memoryStorage, type StorageBackend } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { logRules, type Rule, validateLogDataQuality } from '@forge/writer-quality'
import {
  change,
  compareColumns,
  completeness,
  expectedSteps,
  expression,
  freshness,
  length,
  matches,
  mean,
  notNull,
  oneOf,
  quantile,
  range,
  rowCount,
  sum,
  type,
  unique,
} from '@forge/writer-quality/rules'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const now = () => new Date('2024-05-01T12:00:00Z')

const EVERY_KIND: readonly Rule[] = [
  ...logRules(),
  notNull('table_fqn', { mostly: 0.5 }),
  notNull('rows_written', { severity: 'warning', where: eq('phase', 'gold') }),
  unique(['run_id', 'step_name']),
  unique('table_fqn', { where: eq('success', true), mostly: 0.9 }),
  range('duration_secs', { min: 1, max: 3 }),
  range('start_time', { min: '2024-04-30T00:00:00Z' }),
  oneOf('step_name', { values: ['load', 'clean'] }),
  matches('table_fqn', { pattern: '^[a-z]+\\.' }),
  length('error_message', { min: 1, max: 3 }),
  type('table_fqn', { type: 'integer' }),
  type('duration_secs', { type: 'integer', severity: 'warning' }),
  compareColumns('rows_written', { operator: '<', other: 'rows_processed' }),
  expression('duration_secs >= 1 AND rows_written > 2'),
  rowCount({ min: 2, max: 6, where: eq('phase', 'silver') }),
  completeness('table_fqn', { min: 0.5 }),
  freshness('start_time', { maxAgeSecs: 3600 }),
  sum('rows_processed', { max: 30 }),
  mean('duration_secs', { min: 1.5, max: 4 }),
  quantile('duration_secs', { q: 0.9, max: 4.5 }),
  change('rows_processed', { maxDecrease: 0.5, maxIncrease: 1, time: 'start_time' }),
  expectedSteps({ steps: ['load', 'clean'], mostly: 0.5 }),
]

const row: fc.Arbitrary<LogRowInput> = fc.record({
  run_id: fc.constantFrom('run-1', 'run-2', 'run-3'),
  phase: fc.constantFrom('bronze', 'silver', 'gold'),
  step_name: fc.constantFrom('load', 'clean', 'Ünï'),
  duration_secs: fc.constantFrom(0, 1, 2.5, 3, 5),
  table_fqn: fc.constantFrom(null, 'a.b', 'A.b', '12', '', '😀.x'),
  error_message: fc.constantFrom(null, '', 'no', '😀😀😀', 'long'),
  rows_processed: fc.integer({ min: 0, max: 9 }),
  rows_written: fc.constantFrom(null, 0, 3, 12),
  metadata: fc.constantFrom(null, '{"expands_rows":true}', '{"expands_rows":"no"}'),
  success: fc.boolean(),
  start_time: fc.constantFrom(null, '2024-04-29T10:00:00Z', '2024-05-01T11:30:00Z'),
  end_time: fc.constantFrom(null, '2024-04-30T10:00:00Z'),
})

const directory = newFolder()

test.each<[string, () => StorageBackend]>([
  ['the storage of core', memoryStorage],
  ['DuckDB', () => duckdbStorage({ path: join(directory, 'logs.duckdb') })],
  ['Delta', () => deltaStorage({ path: join(directory, 'lake') })],
])('rows in memory and rows in %s get the same verdict', { tags: 'many-cases' }, async (_name, open) => {
  let run = 0
  const storage = open()
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
      const writer = await createLogWriter({ storage, config: { tableSchema: 'a', tableName: `logs_${run++}` }, now })
      const options = { validationRules: EVERY_KIND, minValidationRate: 50, now, maxExamples: 3 }
      const before = await validateLogDataQuality(writer, rows, options)
      await writer.writeLogRows(rows)
      const after = await validateLogDataQuality(writer, options)
      expect(comparable(after)).toEqual(comparable(before))
    }),
    { numRuns: 25 },
  )
  await storage.close()
})

/** Leaves out the time it took, and replaces examples, whose order is free, with their number. */
function comparable(result: Awaited<ReturnType<typeof validateLogDataQuality>>) {
  const plain = result.outcomes.map(({ examples, observed, ...outcome }) => ({
    ...outcome,
    observed: typeof observed === 'number' ? Number(observed.toPrecision(12)) : observed,
    examples: examples.length,
  }))
  const { durationMs: _ms, outcomes: _outcomes, failures, ...rest } = result
  return {
    ...rest,
    scorePercent: Number(rest.scorePercent.toPrecision(12)),
    failures: failures.map(({ rule }) => rule),
    plain,
  }
}
