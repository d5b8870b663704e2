// Figures of this project against SQL in psql over the same rows, and tables that either side makes.

import { createWriter } from '../../../packages/writer/dist/index.js'
import { batchRows } from '../../../packages/writer-core/dist/index.js'
import { realisticRows } from '../../fixtures/dist/index.js'
import { psql, withTable } from './harness.mjs'

const ROWS = 20_000
const RAN = `coalesce(metadata->>'status', '') not in ('skipped', 'noop', 'cancelled', 'upstream_failed', 'lost')`
const STEPS = `from analytics.pipeline_logs where phase <> 'pipeline'`
const TOTALS = `select count(distinct run_id), count(*), count(*) filter (where not success and ${RAN}), sum(rows_processed),
  sum(rows_written), avg(duration_secs) filter (where ${RAN}), max(duration_secs) filter (where ${RAN}),
  percentile_cont(0.5) within group (order by duration_secs) filter (where ${RAN}),
  percentile_cont(0.95) within group (order by duration_secs) filter (where ${RAN}) ${STEPS}`
const PHASES = `select phase, count(*), avg(duration_secs) filter (where ${RAN}), sum(rows_processed) ${STEPS} group by phase`

export async function checkFigures(server, tally) {
  await checkSummary(server, tally)
  await checkForeignTable(server, tally)
}

/** Compares the summary of a log with SQL that is written by hand. */
async function checkSummary(server, tally) {
  const writer = await createWriter({ path: server.url, tableSchema: 'analytics', tableName: 'pipeline_logs' })
  try {
    await writer.writeLogRows([...realisticRows(ROWS)])
    const summary = await writer.generateSummaryReport({ from: new Date(0), to: new Date('2100-01-01') })
    const [totals] = psql(server, TOTALS)
    const { durations } = summary
    tally.same(
      'the summary has the figures of SQL',
      [
        summary.totalExecutions,
        summary.totalSteps,
        summary.failedSteps,
        summary.totalRowsProcessed,
        summary.totalRowsWritten,
        durations.mean,
        durations.max,
        durations.p50,
        durations.p95,
      ].map(roundFigure),
      totals.map(roundFigure),
    )
    const phases = summary.breakdowns.phase.map(({ phase, steps, durations: { mean }, rowsProcessed }) => [
      phase,
      ...[steps, mean, rowsProcessed].map(roundFigure),
    ])
    const expected = psql(server, PHASES).map(([phase, ...figures]) => [phase, ...figures.map(roundFigure)])
    tally.same('its phases have the figures of SQL', phases.sort(), expected.sort())
    tally.check('the figures are of many rows', Number(totals[1]) > ROWS / 2)
  } finally {
    await writer.close()
  }
}

/** Sums in another order differ in the last digits. */
function roundFigure(value) {
  return Number(value).toPrecision(12)
}

/** Reads a table that psql made, and lets both append to it. */
async function checkForeignTable(server, tally) {
  psql(
    server,
    `create schema if not exists logs; create table logs.theirs (id bigint, at timestamptz, price numeric(10,2), tags text[])`,
  )
  psql(
    server,
    `insert into logs.theirs values (1, '2024-01-02 03:04:05.678901Z', 12.50, '{a,b}'), (2, null, null, null)`,
  )
  await withTable(server, 'theirs', async (table) => {
    const rows = []
    for await (const batch of table.scan({ orderBy: [{ column: 'id' }] })) rows.push(...batchRows(batch))
    tally.same(
      'this project reads a table that psql made',
      rows.map(({ id, at, price, tags }) => [Number(id), at, price === null ? null : String(price), tags]),
      [
        [1, '2024-01-02T03:04:05.678901Z', '12.50', '{a,b}'],
        [2, null, null, null],
      ],
    )
  })
}
