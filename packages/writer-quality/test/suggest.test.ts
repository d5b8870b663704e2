import { createLogWriter, gte, type LogRowInput, type LogWriter, memoryStorage } from '@forge/writer-core'
import {
  parseRuleFile,
  type SuggestedRules,
  suggestRules,
  type ValidationOptions,
  validateLogDataQuality,
} from '@forge/writer-quality'
import { expect, test } from 'vitest'

const DAY_MS = 86_400_000
const START_MS = Date.UTC(2024, 0, 1, 6)
const now = () => new Date(START_MS + 200 * DAY_MS)

/** Two steps a day for 200 days. */
function history(change: (row: LogRowInput, day: number) => LogRowInput = (row) => row): LogRowInput[] {
  return Array.from({ length: 200 }, (_, day) => {
    const start = new Date(START_MS + day * DAY_MS)
    return ['load', "it's clean"].map((step, at) =>
      change(
        {
          run_id: `run-${day}`,
          pipeline_id: 'orders',
          phase: at === 0 ? 'bronze' : 'silver',
          step_name: step,
          step_type: 'transform',
          start_time: start,
          run_started_at: start,
          created_at: start,
          duration_secs: 100 + ((day * 31) % 17),
          rows_processed: (at + 1) * 1000 + ((day * 37) % 100),
          write_mode: day % 2 === 0 ? 'append' : 'merge',
          memory_usage_mb: day % 10 === 0 ? null : 512 + (day % 7),
          table_fqn: 'gold.orders',
        },
        day,
      ),
    )
  }).flat()
}

async function logOf(rows: readonly LogRowInput[]): Promise<LogWriter> {
  const writer = await createLogWriter({
    storage: memoryStorage(),
    config: { tableSchema: 's', tableName: 't' },
    now,
  })
  await writer.writeLogRows(rows)
  return writer
}

const specOf = ({ rules }: SuggestedRules, rule: string, key: string) =>
  rules.map(({ spec }) => spec).find((spec) => spec.rule === rule && [spec.column, spec.name].includes(key))

test('rules are suggested from what was always so', async () => {
  const found = await suggestRules(await logOf(history()), { now })
  expect(found).toMatchObject({ tableFqn: 's.t', rows: 400 })
  expect(specOf(found, 'notNull', 'table_fqn')).toBeDefined()
  expect(specOf(found, 'oneOf', 'write_mode')).toMatchObject({ values: ['append', 'merge'] })
  expect(specOf(found, 'range', 'duration_secs')).toMatchObject({ min: 92, max: 130, severity: 'warning' })
  expect(specOf(found, 'expectedSteps', 'steps of orders')).toMatchObject({
    steps: expect.arrayContaining(['load', "it's clean"]),
    where: "pipeline_id = 'orders'",
  })
  expect(specOf(found, 'range', "rows of orders it's clean")).toMatchObject({ min: 1900, max: 2200 })
  expect(specOf(found, 'freshness', 'created_at')).toMatchObject({ maxAgeSecs: 36 * 3600 })
})

test('the rule file reads back to the rules, with the evidence for each, and the history passes', async () => {
  const log = await logOf(history())
  const { rules, ruleFile } = await suggestRules(log, { now })
  expect(ruleFile).toMatch(/^# Suggested from 400 rows of s\.t, on 2024-07-19\.\n/)
  expect(ruleFile).toContain(
    '  # 2 different values in 400 rows: "append" 200, "merge" 200; none failed\n  - rule: oneOf\n',
  )
  const read = await parseRuleFile(ruleFile, 'yaml')
  expect(read.map(({ kind }) => kind)).toEqual(rules.map(({ spec }) => spec.rule))
  const { failures } = await validateLogDataQuality(log, { validationRules: read, now })
  expect(failures).toEqual([])
})

test('a rule that would have failed too often is not suggested, and a wider one is', async () => {
  const slow = (row: LogRowInput, day: number) => (day % 100 === 99 ? { ...row, duration_secs: 5000 } : row)
  const log = await logOf(history(slow))
  expect(specOf(await suggestRules(log, { now }), 'range', 'duration_secs')).toMatchObject({ max: 6000 })
  const withGaps = (row: LogRowInput, day: number) =>
    day === 50 && row.step_name === 'load' ? { ...row, step_name: 'x' } : row
  const other = await logOf(history(withGaps))
  const steps = async (maxFailingShare: number) =>
    specOf(await suggestRules(other, { now, maxFailingShare }), 'expectedSteps', 'steps of orders')?.steps
  expect(await steps(0.001)).toEqual(["it's clean"])
  expect(await steps(0.01)).toHaveLength(2)
})

test('a column that is sometimes null gets the completeness of its worst day', async () => {
  const halfOfDay = (row: LogRowInput) => ({ ...row, memory_usage_mb: row.step_name === 'load' ? 5 : 6 })
  const partly = (row: LogRowInput, day: number) =>
    day % 10 === 0 && row.step_name === 'load' ? { ...halfOfDay(row), memory_usage_mb: null } : halfOfDay(row)
  const rows = [...history(partly), ...history(halfOfDay).map((row) => ({ ...row, run_id: `more-${row.run_id}` }))]
  const found = await suggestRules(await logOf(rows), { now })
  expect(specOf(found, 'completeness', 'memory_usage_mb')).toMatchObject({ min: 0.71 })
  expect(specOf(found, 'notNull', 'memory_usage_mb')).toBeUndefined()
})

test('only what started since then is learned from', async () => {
  const change = (row: LogRowInput, day: number) => (day < 100 ? { ...row, write_mode: 'overwrite' as const } : row)
  const log = await logOf(history(change))
  const since = new Date(START_MS + 100 * DAY_MS)
  const found = await suggestRules(log, { now, since })
  expect(found.rows).toBe(200)
  expect(specOf(found, 'oneOf', 'write_mode')).toMatchObject({ values: ['append', 'merge'] })
})

test('a value of the log cannot leave the comment that shows it', async () => {
  const hostile = 'a\n- rule: nope\u2028b'
  const log = await logOf(history((row) => ({ ...row, step_type: hostile })))
  const read = await parseRuleFile((await suggestRules(log, { now })).ruleFile, 'yaml')
  expect(read.length).toBeGreaterThan(5)
})

test('few rows speak for nothing', async () => {
  const log = await logOf(history().slice(0, 8))
  expect(await suggestRules(log, { now })).toMatchObject({ rows: 8, rules: [] })
  await expect(suggestRules(log, { maxFailingShare: 2 })).rejects.toMatchObject({ code: 'CONFIGURATION' })
})

test('a condition chooses the stored rows that are judged', async () => {
  const log = await logOf(history())
  const rules = { duration_secs: ['duration_secs < 110'] }
  const judged = await validateLogDataQuality(log, { validationRules: rules, where: gte('duration_secs', 110), now })
  expect(judged).toMatchObject({ validRows: 0, validationRate: 0 })
  const options: ValidationOptions = { where: gte('duration_secs', 110) }
  const both = validateLogDataQuality(log, history(), options)
  await expect(both).rejects.toMatchObject({ code: 'CONFIGURATION' })
})
