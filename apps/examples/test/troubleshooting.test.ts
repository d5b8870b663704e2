import { newFolder } from '@forge/writer-core/testing'
import { expect, test, vi } from 'vitest'
import { main as checkingQuality } from '../src/checking-quality-before-writing.ts'
import { main as configurationErrors } from '../src/configuration-errors.ts'
import { main as debugLogging } from '../src/debug-logging.ts'
import { main as partialFailures } from '../src/partial-failures.ts'
import { main as tableErrors } from '../src/table-errors.ts'
import { main as tuningALiveWriter } from '../src/tuning-a-live-writer.ts'
import { main as validationErrors } from '../src/validation-errors.ts'

test('an invalid configuration is rejected with a list of all problems', async () => {
  const { message, context } = await configurationErrors(newFolder())
  for (const setting of ['tableSchema', 'batchSize', 'memoryFraction', 'tableNamePattern'])
    expect(message).toContain(setting)
  expect(context.problems).toHaveLength(4)
})

test('an invalid row is reported with its fields, and the call stores nothing', async () => {
  const { problem, rowsWritten } = await validationErrors(newFolder())
  expect(problem).toMatchObject({ code: 'VALIDATION', committed: 'no' })
  expect(JSON.stringify(problem)).toMatch(/run_id/)
  expect(JSON.stringify(problem)).toMatch(/duration_secs/)
  expect(rowsWritten).toBe(1)
})

test('a missing table reads as empty, maintenance does all three operations by default, and a closed writer throws', async () => {
  const { missing, maintained, closed } = await tableErrors(newFolder())
  expect(missing).toMatchObject({ exists: false, rowCount: 0 })
  expect(maintained.maintained).toBe(true)
  expect(maintained.maintenanceOperations).toHaveLength(3)
  expect(closed).toMatchObject({ code: 'TABLE', committed: 'no' })
})

test('configure affects later writes and rejects settings that cannot change', async () => {
  const { before, after, refused, history } = await tuningALiveWriter(newFolder())
  expect(before.batchSize).toBe(1000)
  expect(after).toMatchObject({ batchSize: 2000, parallelWriteThreads: 1 })
  expect(refused).toEqual(['CONFIGURATION', 'CONFIGURATION'])
  const appended = history.versions.filter(({ operation }) => operation === 'append').map(({ rowsAdded }) => rowsAdded)
  expect(appended).toEqual([2000, 2000])
})

test('at level debug each write logs its rows and the durations of its stages', async () => {
  const lines: string[] = []
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  try {
    await debugLogging(newFolder())
  } finally {
    spy.mockRestore()
  }
  const text = lines.join('')
  expect(text).toContain('WriterDebug')
  expect(text).toMatch(/rows/i)
  expect(text).toMatch(/durationMs|duration/i)
})

test('rows can be checked before they are written', async () => {
  const quality = await checkingQuality(newFolder())
  expect(quality).toMatchObject({ qualityPassed: false, validationRate: 50, validRows: 1, invalidRows: 1 })
  expect(quality.validationRulesApplied).toHaveLength(1)
})

test('failed executions are returned unchanged and can be written again', async () => {
  const { batch, result, retried, info } = await partialFailures(newFolder())
  expect(result).toMatchObject({ totalExecutions: 3, successfulWrites: 2, failedWrites: 1 })
  expect(result.failedExecutions[0]).toBe(batch[1])
  expect(retried).toMatchObject({ totalExecutions: 1, successfulWrites: 1, failedWrites: 0 })
  expect(info.rowCount).toBe(6)
})
