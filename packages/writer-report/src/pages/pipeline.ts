import type { GridStep, RunFacts } from '@forge/writer-analytics'
import type { ExpectedPoint } from '@forge/writer-anomaly'
import { type Anomaly, didNotRun } from '@forge/writer-core'
import {
  ageText,
  changeText,
  countOf,
  countText,
  durationText,
  durationUnit,
  shortCount,
} from '@forge/writer-core/text'
import { cellKind, gridChart } from '../charts/grid.ts'
import { runSeries, type SeriesPoint } from '../charts/run-series.ts'
import type { PipelinePage } from '../model/report-model.ts'
import { belonging } from '../parts/belonging.ts'
import { doubtMarks } from '../parts/doubts.ts'
import {
  chart,
  empty,
  errorCell,
  facts,
  moment,
  nameOf,
  outcomeText,
  panel,
  picture,
  stateMark,
  table,
} from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'
import { daysPanel } from './days-panel.ts'
import { expectationsOf } from './expected-of.ts'
import { landingPanel } from './landing-panel.ts'
import { objectiveTable } from './service-levels.ts'

const MIN_RUNS = 10
const MARKS = { s: '✓', f: '✗', u: '?', k: '–' } as const

/** Returns the page of a pipeline: its steps by its last runs, and the durations and rows of these runs. */
export function pipelinePage(page: PipelinePage, view: View): Html {
  const { state, grid, days } = page
  const { clock, links, model } = view
  const { lastRun, lastSuccess, duration } = state
  const objectives = model.serviceLevels.objectives.filter(({ pipeline }) => pipeline === state.pipeline)
  return html`<header class="page-head"><h1>${nameOf(state.pipeline)} ${stateMark(state.state)}</h1>${belonging(state.owner, state.tags)}</header>
${facts([
  [
    'Last run',
    html`${nameOf(lastRun.runId, links.run(lastRun.runId), { max: 40 })}, ${moment(lastRun.startedAt, clock.zoned.minute(lastRun.startedAt))}${doubtMarks(lastRun, model.about.generatedAt)}`,
  ],
  [
    'Last success',
    lastSuccess === null
      ? 'never'
      : html`${nameOf(lastSuccess.runId, links.run(lastSuccess.runId), { max: 40 })}, ${ageText(lastSuccess.startedAt, model.about.generatedAt)}`,
  ],
  [
    'Duration',
    html`${durationText(lastRun.durationSecs)}${lastRun.outcome !== 'succeeded' || changeText(duration.changePercent) === '' ? null : ` (${changeText(duration.changePercent)} from the median ${durationText(duration.previous)})`}`,
  ],
  ['Next due', state.nextDueAt === null ? null : moment(state.nextDueAt, clock.zoned.minute(state.nextDueAt))],
  [
    'Late since',
    state.lateSince === null
      ? null
      : html`<b class="warn">${moment(state.lateSince, clock.zoned.minute(state.lateSince))}</b>`,
  ],
])}
${panel('Steps and runs', gridPanel(grid, view))}
${panel('Duration and rows of each run', html`${runCharts(page, view)}${shiftList(page.shifts, view)}`)}
${landingPanel({ state, runs: grid.runs }, view)}
${panel('Days', daysPanel(days, view))}
${objectives.length === 0 ? null : panel('Service levels', objectiveTable(objectives, view))}`
}

function gridPanel(grid: PipelinePage['grid'], view: View): Html {
  if (grid.steps.length === 0) return empty('No step is recorded of these runs.')
  const behind = table<GridStep>(
    [
      { header: 'Phase', cell: ({ phase }) => phase },
      { header: 'Step', cell: ({ phase, step }) => nameOf(step, view.links.step(grid.pipeline, phase, step)) },
      {
        header: 'Outcomes, the oldest first',
        cell: ({ cells }) => cells.map((cell) => (cell === null ? '·' : MARKS[cellKind(cell)])).join(''),
      },
      { header: 'Failures', isNumber: true, cell: ({ failedRuns }) => countText(failedRuns) },
      {
        header: 'Last duration',
        isNumber: true,
        cell: ({ cells }) =>
          durationText(cells.findLast((cell) => cell !== null && !didNotRun(cell.status))?.durationSecs),
      },
    ],
    grid.steps,
    { caption: 'Steps by run; ✓ succeeded, ✗ failed, ? unknown, – did not run, · not in the run' },
  )
  const note = grid.otherSteps > 0 ? `and ${countOf(grid.otherSteps, 'step', 'steps')} more` : null
  return chart(gridChart(grid, view), behind, { title: 'Steps by run', isTitleHidden: true, note })
}

function runCharts({ state, grid, expected, shifts }: PipelinePage, view: View): Html {
  const { runs, durations } = grid
  const { clock, links } = view
  const hasEnough = durations.successfulRuns >= MIN_RUNS
  const seriesOf = (metric: ExpectedPoint['metric'], value: (run: RunFacts) => number | null) => {
    const expectations = expectationsOf(expected, { phase: 'pipeline', metric })
    const shifted = new Set(
      shifts.filter((shift) => shift.phase === 'pipeline' && shift.metric === metric).map(({ runId }) => runId),
    )
    const points = runs.map(
      (run): SeriesPoint => ({
        label: clock.day(run.startedAt),
        value: value(run),
        outcome: run.outcome,
        expected: expectations.of(run.runId, value(run)),
        isShift: shifted.has(run.runId),
      }),
    )
    return { points, note: expectations.note }
  }
  const duration = seriesOf('duration_secs', ({ durationSecs }) => durationSecs)
  const processed = seriesOf('rows_processed', ({ rowsProcessed }) => rowsProcessed)
  const behind = table<RunFacts>(
    [
      { header: 'Run', cell: ({ runId }) => nameOf(runId, links.run(runId), { max: 40 }) },
      { header: clock.header('Started'), cell: ({ startedAt }) => clock.minute(startedAt) },
      { header: 'Outcome', cell: ({ outcome }) => outcomeText(outcome) },
      { header: 'Duration', isNumber: true, cell: ({ durationSecs }) => durationText(durationSecs) },
      { header: 'Rows', isNumber: true, cell: ({ rowsProcessed }) => countText(rowsProcessed) },
      { header: 'Written', isNumber: true, cell: ({ rowsWritten }) => countText(rowsWritten) },
      { header: 'Invalid', isNumber: true, cell: ({ invalidRows }) => countText(invalidRows) },
      { header: 'Error', cell: ({ errorMessage }) => errorCell(errorMessage) },
    ],
    runs.toReversed(),
    { caption: 'The last runs, the newest first' },
  )
  const time = runSeries(duration.points, {
    label: 'Duration of each run',
    format: durationText,
    unitOf: durationUnit,
    lines: [
      { label: 'median', value: durations.p50 },
      { label: '95 %', value: hasEnough ? durations.p95 : null },
      { label: 'at most', value: state.maxDurationSecs },
    ],
  })
  const hasRows = runs.some(({ rowsProcessed }) => rowsProcessed !== null && rowsProcessed > 0)
  const isKnown = runs.some(({ rowsProcessed }) => rowsProcessed !== null)
  const rows = hasRows
    ? runSeries(processed.points, {
        label: 'Rows of each run',
        format: shortCount,
        kind: 'bars',
      })
    : empty(isKnown ? 'These runs processed no rows.' : 'The rows of these runs are not known.')
  const lineNote = hasEnough
    ? []
    : [`${durations.successfulRuns} of the ${MIN_RUNS} successful runs that a 95 % line needs`]
  const note = [...(duration.note === undefined ? [] : [duration.note]), ...lineNote].join('; ')
  return html`<div class="pair">${chart(time, behind, { title: 'Duration of each run', note })}${picture('Rows of each run', rows, hasRows ? processed.note : undefined)}</div>`
}

const MAX_SHIFTS = 8

/** Returns the new levels of the runs and steps; null without one. */
function shiftList(shifts: readonly Anomaly[], { clock, links }: View): Html | null {
  if (shifts.length === 0) return null
  const items = shifts.slice(-MAX_SHIFTS).map(({ pipeline, phase, step, metric, value, expected, occurredAt }) => {
    const format = metric === 'duration_secs' ? durationText : shortCount
    const what = metric === 'duration_secs' ? 'duration' : 'rows'
    const isStep = phase !== null && step !== null && phase !== 'pipeline'
    const name = isStep ? nameOf(`${phase}/${step}`, links.step(pipeline, phase, step)) : 'whole run'
    return html`<li>${name}: ${what} ${format(expected)} → ${format(value)}, noticed ${clock.zoned.minute(occurredAt)}</li>`
  })
  return html`<h3>New levels</h3><ul>${items}</ul>`
}
