// @module-tag many-cases
import { parsePredicate } from '@forge/writer-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  analyzeQualityTrends,
  checkServiceLevels,
  compareRuns,
  generateSummaryReport,
  listPipelines,
  listRuns,
  readFailures,
  readRunDays,
  readRunGrids,
  shareReading,
  viewRun,
  viewRuns,
} from '../src/index.ts'
import { NOW, now, onEveryStorage } from './logs.ts'
import { randomRows } from './random-logs.ts'

const DAY_MS = 86_400_000

onEveryStorage((open, storage) => {
  test('functions that share a reading give the same figures as alone', async () => {
    await fc.assert(
      fc.asyncProperty(randomRows, fc.constantFrom(undefined, "run_mode = 'incremental'"), async (rows, text) => {
        await using log = await open()
        await log.write(rows)
        const where = text === undefined ? undefined : parsePredicate(text)
        const shared = await shareReading(log.source)
        const period = { days: 30, now, where }
        const list = await listPipelines(log.source, { runs: 3, now, where })
        expect(await listPipelines(shared, { runs: 3, now, where })).toEqual(list)
        const pipelines = list.pipelines.map(({ pipeline }) => pipeline)
        const grid = { pipelines, runs: 3, where }
        expect(await readRunGrids(shared, grid)).toEqual(await readRunGrids(log.source, grid))
        const lastDay = { from: new Date(NOW.getTime() - DAY_MS), to: NOW, overlapping: true, where }
        expect(await listRuns(shared, lastDay)).toEqual(await listRuns(log.source, lastDay))
        const ids = list.pipelines.map(({ lastRun }) => lastRun.runId)
        const alone = []
        for (const id of ids) alone.push(await viewRun(log.source, id))
        expect(await viewRuns(shared, ids)).toEqual(alone)
        expect(await viewRuns(log.source, ids)).toEqual(alone)
        const [a = '', b = ''] = ids
        expect(await compareRuns(shared, a, b)).toEqual(await compareRuns(log.source, a, b))
        expect(await generateSummaryReport(shared, period)).toEqual(await generateSummaryReport(log.source, period))
        expect(await readFailures(shared, period)).toEqual(await readFailures(log.source, period))
        expect(await readRunDays(shared, { ...period, pipelines })).toEqual(
          await readRunDays(log.source, { ...period, pipelines }),
        )
        expect(await analyzeQualityTrends(shared, period)).toEqual(await analyzeQualityTrends(log.source, period))
        const levels = { ...period, levels: [{ pipeline: '*', maxDurationSecs: 60, minSuccessRatePercent: 90 }] }
        expect(await checkServiceLevels(shared, levels)).toEqual(await checkServiceLevels(log.source, levels))
      }),
      { numRuns: storage === 'delta' ? 5 : 15 },
    )
  })
})
