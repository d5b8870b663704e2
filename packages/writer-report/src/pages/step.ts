import type { FailureGroup, GridCell, GridStep, RunFacts } from '@forge/writer-analytics'
import { type Anomaly, didNotRun } from '@forge/writer-core'
import {
  countOf,
  countText,
  durationText,
  durationUnit,
  firstLine,
  percentText,
  shortCount,
  visibleText,
} from '@forge/writer-core/text'
import { percentSeries } from '../charts/day-series.ts'
import { type CellKind, cellKind } from '../charts/grid.ts'
import { runSeries } from '../charts/run-series.ts'
import type { PipelinePage } from '../model/report-model.ts'
import { chart, facts, moment, nameOf, outcomeText, panel, picture, table } from '../parts/elements.ts'
import { periodNote } from '../parts/period-note.ts'
import type { PageView } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'
import { expectationsOf } from './expected-of.ts'

const OUTCOMES = { s: 'succeeded', f: 'failed', u: 'unknown', k: 'unknown' } as const satisfies Record<
  CellKind,
  RunFacts['outcome']
>

/** The stored figures of a step that did not run do not count. */
const NO_FIGURES = { durationSecs: null, rowsProcessed: null, validationRate: null } as const

/** What the page of a step needs of its pipeline. */
export type StepsOfPage = Pick<PipelinePage, 'grid' | 'expected' | 'shifts'>

interface RanIn {
  readonly run: RunFacts
  readonly cell: GridCell
}

/** Returns the page of a step: its durations, rows and valid rows in the last runs, and why it failed. */
export function stepPage(
  { grid, expected, shifts }: StepsOfPage,
  row: GridStep,
  view: PageView<'about' | 'failures'>,
): Html {
  const { clock, links } = view
  const { phase, step, cells, knownRuns, failedRuns, retriedRuns, criticalRuns, medianDurationSecs } = row
  const ran = grid.runs.flatMap((run, at): RanIn[] => {
    const cell = cells[at]
    return cell ? [{ run, cell: didNotRun(cell.status) ? { ...cell, ...NO_FIGURES } : cell }] : []
  })
  const expectations = expectationsOf(expected, { phase, step, metric: 'duration_secs' })
  const isHere = (shift: Anomaly) => shift.phase === phase && shift.step === step && shift.metric === 'duration_secs'
  const shifted = new Set(shifts.filter(isHere).map(({ runId }) => runId))
  const durations = runSeries(
    ran.map(({ run, cell }) => ({
      label: clock.day(run.startedAt),
      value: cell.durationSecs,
      outcome: OUTCOMES[cellKind(cell)],
      expected: expectations.of(run.runId, cell.durationSecs),
      isShift: shifted.has(run.runId),
    })),
    {
      label: 'Duration in each run',
      format: durationText,
      unitOf: durationUnit,
      lines: [{ label: 'median', value: medianDurationSecs }],
    },
  )
  const behind = table<RanIn>(
    [
      { header: 'Run', cell: ({ run }) => nameOf(run.runId, links.run(run.runId), { max: 40 }) },
      { header: clock.header('Started'), cell: ({ run }) => clock.minute(run.startedAt) },
      {
        header: 'Outcome',
        cell: ({ cell }) => outcomeText(OUTCOMES[cellKind(cell)], cell.status),
      },
      { header: 'Duration', isNumber: true, cell: ({ cell }) => durationText(cell.durationSecs) },
      { header: 'Rows', isNumber: true, cell: ({ cell }) => countText(cell.rowsProcessed) },
      { header: 'Valid', isNumber: true, cell: ({ cell }) => percentText(cell.validationRate) },
      { header: 'Tries', isNumber: true, cell: ({ cell }) => countText(cell.attempts) },
    ],
    ran.toReversed(),
    { caption: 'The step in the last runs, the newest first' },
  )
  return html`<header class="page-head"><h1>Step ${nameOf(`${phase}/${step}`)} of ${nameOf(grid.pipeline, links.pipeline(grid.pipeline))}</h1></header>
${facts([
  ['Runs', `${countText(ran.length)} of the last ${countText(grid.runs.length)}`],
  ['Failed', `${countText(failedRuns)} of ${countText(knownRuns)}`],
  ['Tried again', countText(retriedRuns)],
  ['Median duration', durationText(medianDurationSecs)],
  [
    'On the critical path',
    criticalRuns === null || ran.length === 0
      ? null
      : `${countText(criticalRuns)} of ${countOf(ran.length, 'run', 'runs')} (${percentText(Math.round((criticalRuns / ran.length) * 100))})`,
  ],
])}
${panel('In each run', html`<div class="pair">${chart(durations, behind, { title: 'Duration in each run', note: expectations.note })}${rowCharts(ran, view)}</div>`)}
${causesPanel(`${grid.pipeline}/${step}`, view)}`
}

/** Returns the rows and the share of valid ones in each run; null if the step has neither. */
function rowCharts(ran: readonly RanIn[], { clock }: PageView<'about' | 'failures'>): Html | null {
  const hasRows = ran.some(({ cell }) => (cell.rowsProcessed ?? 0) > 0)
  const rates = ran.map(({ run, cell }) => ({ label: clock.day(run.startedAt), value: cell.validationRate }))
  const hasRates = rates.some(({ value }) => value !== null)
  if (!hasRows && !hasRates) return null
  const rows = runSeries(
    ran.map(({ run, cell }) => ({
      label: clock.day(run.startedAt),
      value: cell.rowsProcessed,
      outcome: OUTCOMES[cellKind(cell)],
    })),
    { label: 'Rows in each run', format: shortCount, kind: 'bars' },
  )
  return html`${hasRows ? picture('Rows in each run', rows) : null}${hasRates ? picture('Valid rows in each run', percentSeries(rates, 'Valid rows in each run')) : null}`
}

/** Returns why the step failed in the period of the report; null if it did not fail. */
function causesPanel(name: string, { model, links, clock }: PageView<'about' | 'failures'>): Html | null {
  const groups = model.failures.groups.filter(({ steps }) => steps.includes(name))
  if (groups.length === 0) return null
  const rows = table<FailureGroup>(
    [
      {
        header: 'Message',
        cell: ({ message }) => html`<code>${visibleText(firstLine(message, 220) || '(no message)')}</code>`,
      },
      { header: 'Failures', isNumber: true, cell: ({ failedSteps }) => countText(failedSteps) },
      { header: 'Runs', isNumber: true, cell: ({ runs }) => countText(runs) },
      {
        header: 'Last',
        cell: ({ lastSeen, lastRunId }) =>
          html`${moment(lastSeen, clock.zoned.minute(lastSeen))}, ${nameOf(lastRunId, links.run(lastRunId), { max: 28 })}`,
      },
    ],
    groups,
    { caption: 'Causes of failures, of this step and of others with the same message' },
  )
  return panel('Failures by cause', rows, {
    note: `in ${periodNote({ model })}, together with other steps that failed with the same message`,
  })
}
