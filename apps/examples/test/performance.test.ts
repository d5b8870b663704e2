import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { main as batchProcessing } from '../src/batch-processing.ts'
import { main as configurationTuning } from '../src/configuration-tuning.ts'
import { main as memoryOptimization } from '../src/memory-optimization.ts'
import { main as performanceMonitoring } from '../src/performance-monitoring.ts'

test('a batch of executions is committed with batchSize rows per commit', async () => {
  const { result, history } = await batchProcessing(newFolder())
  expect(result).toMatchObject({ totalExecutions: 5, successfulWrites: 5, failedWrites: 0, rowsWritten: 15 })
  const appended = history.versions.filter(({ operation }) => operation === 'append').map(({ rowsAdded }) => rowsAdded)
  expect(appended.reduce((sum, rows) => sum + rows, 0)).toBe(15)
  expect(Math.max(...appended)).toBe(6)
})

test('a stream commits when it has batchSize rows, and what has gathered while it stored others', {
  tags: 'many-rows',
}, async () => {
  const { highVolume, lowLatency } = await configurationTuning(newFolder())
  for (const { commits, batchSize } of [
    { commits: highVolume, batchSize: 5000 },
    { commits: lowLatency, batchSize: 100 },
  ]) {
    expect(commits).toContain(batchSize)
    // What is left when the stream is closed may be fewer.
    expect(commits.filter((rows) => rows < batchSize).length).toBeLessThan(2)
    expect(commits.reduce((sum, rows) => sum + rows)).toBe(10_000)
  }
})

test('memory is reported in MB and as a percentage of the memory limit', async () => {
  const { before, after } = await memoryOptimization(newFolder())
  expect(before.rssMb).toBeGreaterThan(10)
  expect(before.percent).toBeGreaterThan(0)
  expect(before.percent).toBeLessThan(100)
  expect(before.availableMb).toBeGreaterThan(0)
  expect(after.engineMb).toBeGreaterThan(0)
})

test('metrics count writes, failures and rows, and weight the validation rate by processed rows', async () => {
  const { metrics, rowsPerSecond, afterReset } = await performanceMonitoring(newFolder())
  expect(metrics).toMatchObject({ totalWrites: 3, successfulWrites: 2, failedWrites: 1, totalRowsWritten: 40 })
  expect(metrics.successRatePercent).toBeCloseTo(66.67, 1)
  expect(metrics.averageValidationRate).toBeCloseTo(75, 5)
  expect(metrics.averageDurationSecs).toBeCloseTo(metrics.totalDurationSecs / 3, 9)
  expect(rowsPerSecond).toBeGreaterThan(0)
  expect(afterReset).toMatchObject({ totalWrites: 0, totalRowsWritten: 0, averageValidationRate: null })
})
