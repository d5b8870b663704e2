import type { GridCell, GridStep, RunFacts, RunGrid } from '@forge/writer-analytics'
import { type CellKind, cellKind } from '../charts/grid.ts'
import { runSeries } from '../charts/run-series.ts'
import { chart, facts, nameOf, outcomeText, panel, table } from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import { countText, durationText, durationUnit } from '../text/format.ts'
import { type Html, html } from '../text/html.ts'

const OUTCOMES = { s: 'succeeded', f: 'failed', u: 'unknown', k: 'unknown' } as const satisfies Record<
  CellKind,
  RunFacts['outcome']
>

/** Returns the page of a step: its duration and outcome in the last runs. */
export function stepPage(grid: RunGrid, row: GridStep, view: View): Html {
  const { clock, links } = view
  const { phase, step, cells, knownRuns, failedRuns, retriedRuns, medianDurationSecs } = row
  const ran = grid.runs.flatMap((run, at) => {
    const cell = cells[at]
    return cell ? [{ run, cell }] : []
  })
  const picture = runSeries(
    ran.map(({ run, cell }) => ({
      label: clock.day(run.startedAt),
      value: cell.durationSecs,
      outcome: OUTCOMES[cellKind(cell)],
    })),
    {
      label: 'Duration in each run',
      format: durationText,
      unitOf: durationUnit,
      lines: [{ label: 'median', value: medianDurationSecs }],
    },
  )
  const behind = table<{ readonly run: RunFacts; readonly cell: GridCell }>(
    [
      { header: 'Run', cell: ({ run }) => nameOf(run.runId, links.run(run.runId), { max: 40 }) },
      { header: 'Started', cell: ({ run }) => clock.minute(run.startedAt) },
      {
        header: 'Outcome',
        cell: ({ cell }) => outcomeText(OUTCOMES[cellKind(cell)], cell.status),
      },
      { header: 'Duration', isNumber: true, cell: ({ cell }) => durationText(cell.durationSecs) },
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
])}
${panel('Duration', chart(picture, behind, { title: 'Duration in each run', isTitleHidden: true }))}`
}
