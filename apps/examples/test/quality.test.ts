import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { main as customValidationRules } from '../src/custom-validation-rules.ts'
import { main as dataQualityValidation } from '../src/data-quality-validation.ts'
import { main as qualityMonitoring } from '../src/quality-monitoring.ts'
import { main as typedRulesAndQuarantine } from '../src/typed-rules-and-quarantine.ts'

test('one invalid row of twenty meets a threshold of 95 %, and one of nineteen does not', async () => {
  const { qualityResult, worse, quality, stored } = await dataQualityValidation(newFolder())
  expect(qualityResult).toMatchObject({ qualityPassed: true, thresholdMet: true, validationRate: 95, invalidRows: 1 })
  expect(qualityResult.failures).toMatchObject([{ rule: 'no more rows written than processed', failingRows: 1 }])
  expect(worse).toMatchObject({ qualityPassed: false, thresholdMet: false, validRows: 18, invalidRows: 1 })
  for (const verdict of [quality, stored]) {
    expect(verdict).toMatchObject({ qualityPassed: true, validationRate: 95, validRows: 19, invalidRows: 1 })
  }
})

test('each condition of the guide is a rule, and a row that violates several counts once', async () => {
  const quality = await customValidationRules(newFolder())
  expect(quality).toMatchObject({ qualityPassed: false, validationRate: 25, validRows: 1, invalidRows: 3 })
  expect(quality.validationRulesApplied).toHaveLength(4)
  expect(quality.failures.map(({ columns, failingRows }) => [columns[0], failingRows])).toEqual([
    ['duration_secs', 1],
    ['validation_rate', 1],
    ['rows_processed', 1],
    ['phase', 1],
  ])
})

test('quarantined rows can be corrected and released', async () => {
  const { rowsWritten, held, released, whole } = await typedRulesAndQuarantine(newFolder())
  expect(rowsWritten).toBe(1)
  expect(held).toMatchObject([{ row: { step_name: 'transform' }, reasons: [{ rule: 'range(duration_secs)' }] }])
  expect(released).toEqual({ released: 1, heldAgain: 0, left: 0 })
  expect(whole).toMatchObject({ qualityPassed: true, validRows: 2 })
})

test('the average validation rate is compared with the threshold, and each write has a verdict', async () => {
  const { metrics, isBelow, verdicts } = await qualityMonitoring(newFolder())
  expect(metrics).toMatchObject({ totalWrites: 2, successRatePercent: 100, averageValidationRate: 93 })
  expect(isBelow).toBe(true)
  expect(verdicts).toEqual([true, false])
})
