import { newFolder } from '@forge/writer-core/testing'
import { describe, expect, test } from 'vitest'
import { main as customTableNaming } from '../src/custom-table-naming.ts'
import { main as dataQualityConfiguration } from '../src/data-quality-configuration.ts'
import { main as errorHandlingConfiguration } from '../src/error-handling-configuration.ts'
import { main as exportedFileSize } from '../src/exported-file-size.ts'
import { main as failFast } from '../src/fail-fast.ts'
import { main as performanceConfiguration } from '../src/performance-configuration.ts'
import { main as redaction } from '../src/redaction.ts'
import { main as schemaManagement } from '../src/schema-management.ts'
import { main as suffixedTableNames } from '../src/suffixed-table-names.ts'
import { main as writeModes } from '../src/write-modes.ts'

test('writeMode decides what a second write of an existing step does', async () => {
  const left = await writeModes(newFolder())
  const step = (name: string, seconds: number) => ({ step: name, seconds })
  expect(left).toEqual({
    append: { rows: [step('a', 1), step('b', 1), step('b', 2), step('c', 2)], rowsSkipped: 0 },
    overwrite: { rows: [step('b', 2), step('c', 2)], rowsSkipped: 0 },
    merge: { rows: [step('a', 1), step('b', 2), step('c', 2)], rowsSkipped: 0 },
    ignore: { rows: [step('a', 1), step('b', 1), step('c', 2)], rowsSkipped: 1 },
  })
})

test('tableNamePattern generates the name of the guide and routes each row to its table', async () => {
  const { tableName, result, customers } = await customTableNaming(newFolder())
  expect(tableName).toBe('analytics.my-pipeline_incremental_20240101_120000')
  expect(result.rowsWritten).toBe(3)
  expect(result.tables.map(({ tableFqn, rowsWritten }) => [tableFqn, rowsWritten]).sort()).toEqual([
    ['analytics.customers_incremental_20240101', 2],
    ['analytics.orders_incremental_20240101', 1],
  ])
  expect(customers.map((row) => row.pipeline_id)).toEqual(['customers', 'customers'])
})

test('tableSuffixPattern is added to the table name', async () => {
  const tables = await suffixedTableNames(newFolder())
  expect(tables.map(({ tableFqn }) => tableFqn)).toEqual(['analytics.pipeline_logs_full_refresh'])
})

describe('an unknown field', () => {
  test('becomes a column with enableSchemaEvolution, goes into metadata in lenient mode, and is rejected in strict mode', async () => {
    const { evolving, lenient, strict } = await schemaManagement(newFolder())
    expect(evolving.columns.at(-1)).toBe('cost_usd')
    expect(evolving.values.sort()).toEqual([1.25, null])
    expect(lenient).toEqual({ metadata: { cost_usd: 1.25 }, rowsProcessed: 12 })
    expect(strict).toMatchObject({ committed: 'no', rowCount: 0, unknownFields: ['cost_usd'] })
  })
})

test('maxRetries limits the attempts after a transient error, and other errors are not retried', async () => {
  const { recovered, exhausted, broken } = await errorHandlingConfiguration()
  expect(recovered).toEqual({ attempts: 3, rowsWritten: 1 })
  expect(exhausted).toEqual({ attempts: 4, code: 'CONCURRENCY', committed: 'no' })
  expect(broken).toEqual({ attempts: 1, code: 'TABLE', committed: 'no' })
})

test('failFast stops a batch at its first failure', async () => {
  const result = await failFast(newFolder())
  expect(result.failures).toHaveLength(1)
  expect(result.failedExecutions.map(({ context }) => context.executionId)).toContain('bad')
  expect(result.successfulWrites).toBe(1)
})

test('the performance settings are accepted, and batchSize splits a stream', async () => {
  const { config, history } = await performanceConfiguration(newFolder())
  expect(config).toMatchObject({
    batchSize: 2000,
    maxFileSizeMb: 256,
    parallelWriteThreads: 4,
    memoryFraction: 0.8,
    enableOptimization: true,
  })
  const appended = history.versions.filter(({ operation }) => operation === 'append').map(({ rowsAdded }) => rowsAdded)
  // The first flush is due at batchSize rows. While it is written, more rows than that may gather for the next one.
  expect(appended.at(-1)).toBe(2000)
  expect(appended.length).toBeGreaterThan(2)
  expect(appended.reduce((sum, rows) => sum + rows)).toBe(5001)
})

test('maxFileSizeMb splits an export into several files', { tags: 'many-rows' }, async () => {
  const { small, large } = await exportedFileSize(newFolder())
  expect(small).toBeGreaterThan(1)
  expect(large).toBe(1)
})

test('each quality result and each anomaly is stored in a companion table', async () => {
  const { usual, slow, verdicts, findings } = await dataQualityConfiguration(newFolder())
  expect(usual.anomalies ?? []).toEqual([])
  expect(slow.anomalies?.map(({ type }) => type).length).toBeGreaterThan(0)
  expect(slow.quality).toBeDefined()
  expect(verdicts).toBeGreaterThanOrEqual(32)
  expect(findings).toBeGreaterThan(0)
})

test('values that redact names are stored as [redacted]', async () => {
  const row = await redaction(newFolder())
  expect(row?.error_message).toBe('[redacted]')
  expect(JSON.parse(row?.metadata ?? '')).toEqual({ user: { email: '[redacted]', role: 'reader' } })
})
