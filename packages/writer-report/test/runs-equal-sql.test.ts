// @module-tag many-cases
import { LONG_HOOK_MS } from '@forge/fixtures'
import type { RunFacts } from '@forge/writer-analytics'
import { qualityGate, rules } from '@forge/writer-quality'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { itemsOf, ms } from './plain-sql.ts'
import { CONFIG, openSubject, type Setting, SUBJECTS, type Subject } from './report-and-sql.ts'

describe.each(SUBJECTS)('%s', (_name, kind, setting) => {
  let subject: Subject
  beforeAll(async () => {
    subject = await openSubject(kind, setting)
  }, LONG_HOOK_MS)
  afterAll(() => subject?.close())

  test('each run of a list, a timeline or a grid has the rows and times of its steps', async () => {
    const { model, ask } = subject
    const rows = await ask(`select pipeline_id, run_id, min(run_start) as started,
        max(duration_secs) filter (where phase = 'pipeline') as secs, max(coalesce(end_time, run_ended_at)) as ended,
        count(distinct execution_id) filter (where phase <> 'pipeline') as attempts,
        sum(rows_processed) filter (where phase <> 'pipeline' and not rows_unknown
          and status not in ('skipped', 'noop', 'cancelled', 'upstream_failed', 'lost', 'unknown')) as ran,
        sum(rows_processed) filter (where phase <> 'pipeline' and not rows_unknown) as processed,
        sum(rows_written) filter (where phase <> 'pipeline') as written, sum(invalid_rows) filter (where phase <> 'pipeline') as invalid,
        list(distinct error_message) filter (where success = false) as errors from log group by all`)
    const byKey = new Map(rows.map((row) => [JSON.stringify([row.pipeline_id, row.run_id]), row]))
    const shown: RunFacts[] = [
      ...model.pipelines.pipelines.flatMap(({ lastRun, lastSuccess }) => [
        lastRun,
        ...(lastSuccess ? [lastSuccess] : []),
      ]),
      ...model.timeline.runs,
      ...model.pipelinePages.flatMap(({ grid }) => grid.runs),
    ]
    expect(shown.length).toBeGreaterThan(10)
    for (const run of shown) {
      const row = byKey.get(JSON.stringify([run.pipeline, run.runId])) ?? {}
      const figures = [run.rowsProcessed, run.rowsWritten, run.invalidRows, run.attempts]
      expect([run.runId, ...figures]).toEqual([run.runId, row.processed, row.written, row.invalid, row.attempts])
      expect(ms(run.startedAt)).toBe(row.started)
      if (row.ended !== null) expect(ms(run.endedAt)).toBe(Math.max(Number(row.ended), Number(row.started)))
      if (row.secs !== null) expect(run.durationSecs).toBeCloseTo(Number(row.secs), 6)
      if (run.errorMessage !== null) expect(itemsOf(row.errors)).toContain(run.errorMessage)
    }
  })

  test('each step of a run that has a page has the figures of its row', async () => {
    const { model, ask } = subject
    let seen = 0
    for (const { run, steps } of model.runPages) {
      const rows =
        await ask(`select phase, step_name, any_value(duration_secs) as secs, any_value(rows_written) as written,
          any_value(case when rows_unknown then null else rows_processed end) as processed, any_value(invalid_rows) as invalid,
          any_value(validation_rate) as rate, any_value(error_message) as error, any_value(start_time) as started,
          any_value(end_time) as ended, count(*) as rows
        from log where phase <> 'pipeline' and run_id = '${run.runId}' group by all`)
      const byKey = new Map(rows.map((row) => [`${row.phase}/${row.step_name}`, row]))
      expect(steps.map(({ phase, step }) => `${phase}/${step}`).toSorted()).toEqual([...byKey.keys()].toSorted())
      for (const step of steps) {
        const row = byKey.get(`${step.phase}/${step.step}`) ?? {}
        // Of the attempts of a step one decides, which other tests look at.
        if (row.rows !== 1) continue
        expect([
          step.durationSecs,
          step.rowsProcessed,
          step.rowsWritten,
          step.invalidRows,
          step.validationRate,
        ]).toEqual([row.secs, row.processed, row.written, Number(row.invalid ?? 0), row.rate ?? 0])
        expect([step.errorMessage, ms(step.startedAt), ms(step.endedAt)]).toEqual([row.error, row.started, row.ended])
        seen++
      }
    }
    expect(seen).toBeGreaterThan(10)
  })
})

const STEP = { pipeline_id: 'orders', phase: 'gold', duration_secs: 5 } as const
const HOUR_MS = 3_600_000
const NOW = new Date('2026-11-30T12:00:00Z')
const WRITES = 60

/** Writes that a gate judges: every third has a slow row, which is held back, every fifth a row without a type, which is a warning. */
const JUDGED: Setting = {
  now: NOW,
  days: 365,
  config: { ...CONFIG, logDataQualityResults: true },
  suffixes: ['quality', 'quarantine'],
  hooks: () => [
    qualityGate({
      rules: [rules.range('duration_secs', { max: 100 }), rules.notNull('step_type')],
      policy: 'quarantine',
    }),
  ],
  async fill(writer) {
    for (let write = 0; write < WRITES; write++) {
      const own = { ...STEP, run_id: `w${write}`, start_time: new Date(NOW.getTime() - (WRITES - write) * HOUR_MS) }
      await writer.writeLogRows([
        { ...own, step_name: 'load', step_type: 'x' },
        { ...own, step_name: 'slow', step_type: 'x', duration_secs: write % 3 === 0 ? 500 : 5 },
        { ...own, step_name: 'odd', step_type: write % 5 === 0 ? null : 'x' },
      ])
    }
  },
}

describe.each(['duckdb', 'delta'] as const)('writes that a gate judges on %s', (kind) => {
  let subject: Subject
  beforeAll(async () => {
    subject = await openSubject(kind, JUDGED)
  }, LONG_HOOK_MS)
  afterAll(() => subject?.close())

  test('verdicts, rules and rows in quarantine are those of the tables', async () => {
    const { model, ask } = subject
    const { verdicts, judgedWrites, failedWrites, rules: found, quarantine } = model.verdicts
    const [counts] = await ask(`select count(*) as judged, count(*) filter (where verdict = 'failed') as failed
      from stored_quality where scope = 'write'`)
    expect([judgedWrites, failedWrites]).toEqual([counts?.judged, counts?.failed])
    expect(judgedWrites).toBe(WRITES)
    const writes = await ask(`select run_id, verdict, stopped, checked_rows, failing_rows, validation_rate
      from stored_quality where scope = 'write' order by judged_at desc, batch_id limit 100`)
    expect(
      verdicts.map(({ runId, verdict, stopped, checkedRows, failingRows, validationRate }) => ({
        ...{ run_id: runId, verdict, stopped, checked_rows: checkedRows },
        ...{ failing_rows: failingRows, validation_rate: validationRate },
      })),
    ).toEqual(writes.toReversed())
    const judged = await ask(`select rule, count(*) filter (where verdict in ('passed', 'failed')) as judged,
        count(*) filter (where verdict = 'failed') as failed, sum(failing_rows) as failing
      from stored_quality where scope = 'rule' group by 1 order by rule`)
    expect(
      found
        .map(({ rule, judgedWrites: own, failedWrites: failed, failingRows }) => ({
          ...{ rule, judged: own, failed, failing: failingRows },
        }))
        .sort((a, b) => (a.rule < b.rule ? -1 : 1)),
    ).toEqual(judged)
    const held = await ask(`select pipeline_id as pipeline, step_name as step, count(*) as rows from stored_quarantine
      group by all order by rows desc, pipeline, step`)
    expect(quarantine.steps.map(({ pipeline, step, rows }) => ({ pipeline, step, rows }))).toEqual(held)
    expect(quarantine.rows).toBe(held.reduce((sum, { rows }) => sum + Number(rows), 0))
    expect(quarantine.rows).toBe(WRITES / 3)
  })
})
