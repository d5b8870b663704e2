import type { RunFacts, RunList } from '@forge/writer-analytics'
import { countText, durationText, firstLine, visibleText } from '@forge/writer-core/text'
import {
  type Clock,
  type Column,
  doubtMarks,
  empty,
  errorCell,
  type Html,
  html,
  nameOf,
  panel,
  stateMark,
  table,
} from '@forge/writer-report/pages'
import type { Addresses } from '../address/addresses.ts'

export interface RunsPageOptions {
  readonly addresses: Addresses
  readonly clock: Clock
  readonly filterBar: Html
  /** The query of the page. */
  readonly query: URLSearchParams
  /** The time of the page. ISO 8601, UTC. */
  readonly now: string
}

/** Returns the page of a list of runs, the newest first. */
export function runsPage({ runs, next }: RunList, options: RunsPageOptions): Html {
  const { addresses, filterBar, query } = options
  const head = html`<header class="page-head"><h1>Runs</h1><span class="sub">The newest first</span></header>${filterBar}`
  if (runs.length === 0) return html`${head}${empty(emptyText(query, addresses))}`
  const rows = table<RunFacts>(columns(options), runs, { caption: 'Runs, the newest first', id: 'runs' })
  const first = new URLSearchParams(query)
  first.delete('after')
  const older = new URLSearchParams(first)
  if (next !== null) older.set('after', next)
  const links = html`<p class="more">${query.has('after') ? html`<a href="${addresses.page('/runs', first)}">Newest runs</a>` : null}${next === null ? null : html`<a id="older" rel="next" href="${addresses.page('/runs', older)}">Older runs</a>`}</p>`
  return html`${head}${panel('Runs', html`${rows}${links}`)}`
}

function emptyText(query: URLSearchParams, addresses: Addresses): Html {
  if ([...query.keys()].length === 0) return html`No run is recorded.`
  return html`No run matches the filters. <a href="${addresses.page('/runs')}">Drop the filters</a>`
}

function columns({ addresses: { links }, clock, now }: RunsPageOptions): Column<RunFacts>[] {
  return [
    { header: '', cell: ({ outcome }) => stateMark(outcome, { isShort: true }) },
    { header: 'Run', isUnbroken: true, cell: ({ runId }) => nameOf(runId, links.run(runId), { max: 24 }) },
    { header: 'Pipeline', cell: ({ pipeline }) => nameOf(pipeline, links.pipeline(pipeline), { max: 40 }) },
    {
      header: clock.header('Started'),
      isUnbroken: true,
      cell: (run) => html`${clock.second(run.startedAt)}${doubtMarks(run, now)}`,
    },
    { header: 'Duration', isNumber: true, cell: ({ durationSecs }) => durationText(durationSecs) },
    {
      header: 'Steps',
      isNumber: true,
      cell: ({ steps, failedSteps }) =>
        html`${countText(steps)}${failedSteps > 0 ? html` <span class="delta bad">${countText(failedSteps)} failed</span>` : null}`,
    },
    { header: 'Rows', isNumber: true, cell: ({ rowsProcessed }) => countText(rowsProcessed) },
    { header: 'Mode', cell: ({ mode }) => visibleText(firstLine(mode, 20)) },
    { header: 'Error', cell: ({ errorMessage }) => errorCell(errorMessage) },
  ]
}
