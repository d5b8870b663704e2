import {
  createLogWriter,
  type LogRowInput,
  memoryStorage,
  tableSource,
  type WriterConfigInput,
} from '@forge/writer-core'
import { makeRow } from '@forge/writer-core/testing'
import { type Rule, validateLogDataQuality } from '@forge/writer-quality'
import {
  completeness,
  expectedSteps,
  expression,
  freshness,
  mean,
  notNull,
  range,
  rowCount,
  type,
  unique,
} from '@forge/writer-quality/rules'
import { describe, expect, test } from 'vitest'

const now = () => new Date('2024-05-01T12:00:00Z')

test('a missing table has no rows, and none of them is bad', async () => {
  expect(await validateLogDataQuality(source())).toMatchObject({
    qualityPassed: true,
    validationRate: 100,
    validRows: 0,
    invalidRows: 0,
  })
})

test('a null passes a condition unjudged by range, unknown by expression, and fails notNull', async () => {
  const rules = [range('rows_written', { min: 1 }), expression('rows_written >= 1'), notNull('rows_written')]
  const { outcomes } = await judge([makeRow()], rules)
  expect(outcomes.map(({ checkedRows, failingRows }) => [checkedRows, failingRows])).toEqual([
    [0, 0],
    [1, 0],
    [1, 1],
  ])
})

test('a rule holds if mostly all rows pass, and its failing rows still count as invalid', async () => {
  const rows = [1, 2, 3, 40].map((duration_secs, at) => makeRow({ step_name: `s${at}`, duration_secs }))
  const loose = await judge(rows, [range('duration_secs', { max: 9, mostly: 0.75 })])
  expect(loose).toMatchObject({ qualityPassed: true, failures: [], invalidRows: 1, validationRate: 75 })
  expect(loose.outcomes[0]).toMatchObject({ failingShare: 0.25, examples: [{ step_name: 's3', duration_secs: 40 }] })
  const strict = await judge(rows, [range('duration_secs', { max: 9, mostly: 0.76 })])
  expect(strict.qualityPassed).toBe(false)
})

test('thresholds judge rows together, but a rule that states its share decides alone', async () => {
  const rows = [1, 2, 3, 40].map((duration_secs) => makeRow({ duration_secs }))
  const plain = range('duration_secs', { max: 9 })
  const own = range('duration_secs', { max: 9, mostly: 0.9 })
  expect(await judge(rows, [plain], { minValidationRate: 75 })).toMatchObject({
    qualityPassed: true,
    thresholdMet: true,
  })
  expect(await judge(rows, [plain], { maxInvalidRowsPercent: 24 })).toMatchObject({
    qualityPassed: false,
    thresholdMet: false,
  })
  expect(await judge(rows, [own], { minValidationRate: 75 })).toMatchObject({
    qualityPassed: false,
    thresholdMet: true,
  })
})

test('a warning is reported and decides nothing', async () => {
  const result = await judge(
    [makeRow({ duration_secs: 40 })],
    [range('duration_secs', { max: 9, severity: 'warning' })],
  )
  expect(result).toMatchObject({
    qualityPassed: true,
    invalidRows: 0,
    failures: [{ severity: 'warning', failingRows: 1 }],
  })
})

test('the most frequent unexpected values come first, and examples stop at their limit', async () => {
  const rows = [7, 8, 8, 9, 9, 9].map((duration_secs) => makeRow({ duration_secs }))
  const { outcomes } = await judge(rows, [range('duration_secs', { max: 7 })], { maxExamples: 2 })
  expect(outcomes[0]?.unexpectedValues).toEqual([
    { value: 9, count: 3 },
    { value: 8, count: 2 },
  ])
  expect(outcomes[0]?.examples).toHaveLength(2)
})

test('rules on the whole table report the figure that they saw', async () => {
  const rows = [
    makeRow({ start_time: '2024-05-01T11:00:00Z', duration_secs: 2 }),
    makeRow({ start_time: null, duration_secs: 4 }),
    makeRow({ run_id: 'run-2', step_name: 'clean', duration_secs: 6 }),
  ]
  const { outcomes } = await judge(rows, [
    rowCount({ min: 4 }),
    completeness('start_time', { min: 0.5 }),
    freshness('start_time', { maxAgeSecs: 3600 }),
    mean('duration_secs', { min: 1, max: 3 }),
    unique(['run_id', 'step_name']),
    expectedSteps({ steps: ['load'] }),
  ])
  expect(outcomes.map(({ observed, passed }) => [observed, passed])).toEqual([
    [3, false],
    [1 / 3, false],
    ['2024-05-01T11:00:00.000000Z', true],
    [4, false],
    [1, false],
    [1, false],
  ])
  expect(outcomes[4]?.examples).toEqual([{ run_id: 'run-1', step_name: 'load', rows_with_this_key: 2 }])
  expect(outcomes[5]?.examples).toEqual([{ run_id: 'run-2' }])
})

test('a step that no run has is named', async () => {
  const rows = [makeRow({}), makeRow({ run_id: 'run-2', step_name: 'clean' })]
  const { outcomes } = await judge(rows, [
    expectedSteps({ steps: ['load', 'laod'] }),
    expectedSteps({ steps: ['load'] }),
  ])
  expect(outcomes.map(({ passed, note }) => [passed, note])).toEqual([
    [false, 'no run has the step laod'],
    [false, undefined],
  ])
})

test('fields that the log has no column for can be judged', async () => {
  const rows = [makeRow({ team: 'a1' }), makeRow({ team: '17' })]
  expect(await judge(rows, [type('team', { type: 'integer' })])).toMatchObject({ validRows: 1, invalidRows: 1 })
})

test('rules of the same name get different names', async () => {
  const { validationRulesApplied } = await judge([makeRow()], [notNull('run_id'), notNull('run_id')])
  expect(validationRulesApplied).toEqual(['notNull(run_id)', 'notNull(run_id) (2)'])
})

test('lenient settings convert what the writer would convert', async () => {
  const rows = [makeRow({ duration_secs: '40' as unknown as number })]
  const lenient = source({ schemaValidationMode: 'lenient' })
  const options = { validationRules: [range('duration_secs', { max: 9 })] }
  expect(await validateLogDataQuality(lenient, rows, options)).toMatchObject({ invalidRows: 1 })
  await expect(validateLogDataQuality(source(), rows, options)).rejects.toMatchObject({ code: 'VALIDATION' })
})

describe('what cannot be judged is a typed error', () => {
  const many = Array.from({ length: 501 }, () => notNull('run_id'))
  test.each<[string, string, unknown, unknown]>([
    ['a row that is not an object', 'VALIDATION', [null], {}],
    ['rules for an unknown column', 'SCHEMA', [], { validationRules: { nope: ['run_id is not null'] } }],
    ['an unknown column in a rule', 'SCHEMA', [], { validationRules: [notNull('nope')] }],
    ['values that cannot be compared', 'SCHEMA', [], { validationRules: [range('run_id', { min: 1 })] }],
    [
      'a statement for a condition',
      'CONFIGURATION',
      [],
      { validationRules: { run_id: ["x'; drop table a.logs; --"] } },
    ],
    ['a condition that is not a list', 'CONFIGURATION', [], { validationRules: { run_id: 'run_id is not null' } }],
    ['text for rules', 'CONFIGURATION', [], { validationRules: 'run_id is not null' }],
    ['things that are not rules', 'CONFIGURATION', [], { validationRules: [{}, null] }],
    ['too many rules', 'CONFIGURATION', [], { validationRules: many }],
    ['an unknown option', 'CONFIGURATION', [], { validation_rules: {} }],
    ['a threshold beyond 100', 'CONFIGURATION', [], { minValidationRate: 101 }],
    ['a prototype for a condition', 'SCHEMA', [], { validationRules: JSON.parse('{"__proto__":["run_id is null"]}') }],
  ])('%s', async (_what, code, rows, options) => {
    const judged = validateLogDataQuality(source(), rows as LogRowInput[], options as object)
    await expect(judged).rejects.toMatchObject({ code })
  })

  test('a signal stops it', async () => {
    const judged = validateLogDataQuality(source(), [makeRow({ duration_secs: -1 })], { signal: AbortSignal.abort() })
    await expect(judged).rejects.toThrow()
  })
})

test('a table of another name can be judged', async () => {
  const storage = memoryStorage()
  await using writer = await createLogWriter({ storage, config: { tableSchema: 'a', tableName: 'other' } })
  await writer.writeLogRows([makeRow()])
  const other = tableSource({ storage, config: { tableSchema: 'a', tableName: 'logs' } })
  expect(await validateLogDataQuality(other, { table: 'other' })).toMatchObject({ validRows: 1 })
})

function source(config: Partial<WriterConfigInput> = {}) {
  return tableSource({ storage: memoryStorage(), config: { tableSchema: 'a', tableName: 'logs', ...config } })
}

function judge(rows: readonly LogRowInput[], validationRules: readonly Rule[], options = {}) {
  return validateLogDataQuality(source(), rows, { validationRules, now, ...options })
}
