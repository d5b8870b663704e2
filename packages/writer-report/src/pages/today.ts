import type { FailureGroup, PipelineState, RunFacts } from '@forge/writer-analytics'
import { strip } from '../charts/strip.ts'
import { lanesOf, timelineChart } from '../charts/timeline.ts'
import { type Column, chart, empty, nameOf, outcomeText, panel, stateMark, table } from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import {
  ageText,
  changeText,
  countOf,
  countText,
  durationText,
  firstLine,
  percentText,
  shortCount,
} from '../text/format.ts'
import { type Html, html, visible } from '../text/html.ts'

const MAX_NEW = 8

/** Returns the page that people open each morning: what failed, what is late, what is new, and what ran. */
export function todayPage(view: View): Html {
  const { model } = view
  if (model.pipelines.pipelines.length === 0) return emptyPage(view)
  const news = model.failures.groups.filter(({ isNew }) => isNew !== false).slice(0, MAX_NEW)
  return html`<p class="sentence">${sentence(view)}</p>
${filterBar(view)}
<div class="cols"><div>${panel('Pipelines', pipelineTable(view), { id: 'list' })}</div>
<div>${panel('New causes of failure', newCauses(news, view), { note: periodNote(view) })}${findingsPanel(view)}</div></div>
${timelinePanel(view)}`
}

function sentence({ model }: View): Html {
  const { pipelines, otherPipelines } = model.pipelines
  const count = (state: PipelineState['state']) => pipelines.filter((each) => each.state === state).length
  const all = pipelines.length + otherPipelines
  const late = pipelines.filter(({ state }) => state === 'late')
  const failed = count('failed')
  const parts = [
    failed === 0
      ? html`<b>No pipeline failed</b>`
      : html`<b class="bad">${countText(failed)} of ${countOf(all, 'pipeline', 'pipelines')} failed</b>`,
    ...(late.length > 0
      ? [
          html`<b class="warn">${countText(late.length)} ${late.length === 1 ? 'is' : 'are'} late</b> (${visible(
            late
              .slice(0, 3)
              .map(({ pipeline }) => firstLine(pipeline, 40))
              .join(', '),
          )}${late.length > 3 ? ', …' : ''})`,
        ]
      : []),
    ...(count('unknown') > 0 ? [html`the outcome of ${countText(count('unknown'))} is not known`] : []),
  ]
  const { totalExecutions, successRatePercent, reportAvailable } = model.summary
  const runs = reportAvailable
    ? html`${countOf(totalExecutions, 'run', 'runs')} in ${periodNote({ model })}, ${successRatePercent === null ? 'with unknown outcomes' : html`${percentText(successRatePercent)} succeeded`}.`
    : html`Nothing ran in ${periodNote({ model })}.`
  return html`${parts.map((part, at) => html`${at === 0 ? '' : ', '}${part}`)}. ${runs}`
}

/** Returns the period as words. */
export function periodNote({ model }: Pick<View, 'model'>): string {
  const { from, to } = model.about.period
  if (from === null || to === null) return 'all time'
  const days = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)
  return days <= 1 ? 'the last 24 hours' : `the last ${days} days`
}

function filterBar({ model }: View): Html {
  const { pipelines } = model.pipelines
  const states = (['failed', 'late', 'unknown', 'succeeded'] as const).map((state) => ({
    state,
    count: pipelines.filter((each) => each.state === state).length,
  }))
  const chips = states
    .filter(({ count }) => count > 0)
    .map(
      ({ state, count }) =>
        html`<button type="button" class="chip" data-chip="${state}" aria-pressed="false">${stateMark(state)} <b>${countText(count)}</b></button>`,
    )
  return html`<form class="filters js-only" role="search" data-filters><label class="sr" for="q">Filter</label><input id="q" type="search" placeholder="Filter by name, owner:ana, tag:nightly" autocomplete="off" spellcheck="false"><span class="chips">${chips}</span><label class="chip"><input type="checkbox" id="hide-fine"> Hide what is fine</label><button type="button" class="link" id="drop" hidden>Drop the filter</button><span class="note" id="shown" role="status"></span></form>`
}

function pipelineTable(view: View): Html {
  const { pipelines, otherPipelines } = view.model.pipelines
  const rows = table(columns(view), pipelines, {
    caption: 'Pipelines, with their last runs',
    id: 'pipelines',
    filter: ({ pipeline, state, owner, tags }) => ({ text: pipeline, state, owner, tags }),
  })
  const more =
    otherPipelines > 0
      ? html`<p class="note">and ${countOf(otherPipelines, 'pipeline', 'pipelines')} more that ran earlier</p>`
      : null
  return html`${rows}<p class="empty" id="no-match" hidden>No pipeline matches the filter.</p>${more}`
}

function columns({ model, clock, links }: View): Column<PipelineState>[] {
  const now = model.about.generatedAt
  const changes = (percent: number | null) =>
    changeText(percent) === '' ? null : html` <span class="delta">${changeText(percent)}</span>`
  const age = (run: RunFacts | null) =>
    run === null
      ? 'never'
      : html`<time datetime="${run.startedAt ?? ''}" title="${clock.minute(run.startedAt)}">${ageText(run.startedAt, now)}</time>`
  return [
    { header: '', cell: ({ state }) => stateMark(state, { isShort: true }) },
    {
      header: 'Pipeline',
      cell: ({ pipeline, owner, tags, lastRun }) =>
        html`${nameOf(pipeline, links.pipeline(pipeline), { max: 48 })}${belonging(owner, tags)}${runLink(lastRun, links.run(lastRun.runId))}`,
      sort: ({ pipeline }) => pipeline.slice(0, 100),
    },
    {
      header: 'Last success',
      cell: ({ lastSuccess }) => age(lastSuccess),
      sort: ({ lastSuccess }) => lastSuccess?.startedAt ?? '',
    },
    {
      header: 'Duration',
      isNumber: true,
      cell: ({ lastRun, duration }) =>
        html`${durationText(lastRun.durationSecs)}${lastRun.outcome === 'succeeded' ? changes(duration.changePercent) : null}`,
      sort: ({ lastRun }) => lastRun.durationSecs ?? -1,
    },
    { header: 'Last 30 runs', cell: (state) => strip(state.strip) },
    {
      header: 'Rows',
      isNumber: true,
      cell: ({ lastRun, rows }) =>
        html`${shortCount(lastRun.rowsProcessed)}${lastRun.outcome === 'succeeded' ? changes(rows.changePercent) : null}`,
      sort: ({ lastRun }) => lastRun.rowsProcessed ?? -1,
    },
    ...(model.pipelines.pipelines.some(({ nextDueAt, lateSince }) => nextDueAt ?? lateSince)
      ? [{ header: 'Due', cell: (state: PipelineState) => dueText(state, now) }]
      : []),
  ]
}

function runLink({ outcome }: RunFacts, href: string | null): Html | null {
  if (outcome !== 'failed' || href === null) return null
  return html`<a class="sub bad" href="${href}">failed run</a>`
}

/** Returns the owner and tags of something in small letters. */
export function belonging(owner: string | null, tags: readonly string[]): Html | null {
  if (owner === null && tags.length === 0) return null
  const shown = tags.slice(0, 3).map((tag) => html` <span class="tag">${visible(firstLine(tag, 24))}</span>`)
  return html`<span class="sub">${owner === null ? null : html`<bdi>${visible(firstLine(owner, 30))}</bdi>`}${shown}${tags.length > 3 ? ' …' : null}</span>`
}

function dueText({ lateSince, nextDueAt }: PipelineState, now: string): Html | string {
  if (lateSince !== null) return html`<b class="warn">since ${ageText(lateSince, now)}</b>`
  return nextDueAt === null ? '' : ageText(nextDueAt, now)
}

function newCauses(groups: readonly FailureGroup[], { links, model }: View): Html {
  if (groups.length === 0) return empty('No step failed with a message that was not there before.')
  const now = model.about.generatedAt
  return html`<ul class="causes">${groups.map(({ message, failedSteps, steps, firstSeen, lastRunId, isNew }) => html`<li><code>${visible(message === '' ? '(no message)' : firstLine(message, 160))}</code><span class="sub">${countOf(failedSteps, 'step', 'steps')}, first ${ageText(firstSeen, now)}${isNew === null ? ', in all time' : null}, ${nameOf(steps[0] ?? '', null, { max: 50 })}${steps.length > 1 ? ` and ${steps.length - 1} more` : null}, ${nameOf(lastRunId, links.run(lastRunId), { max: 24 })}</span></li>`)}</ul>`
}

/** Returns the stored anomalies with the command that says what became of each. */
function findingsPanel({ model, links }: View): Html | null {
  if (model.findings.length === 0) return null
  const now = model.about.generatedAt
  const items = model.findings.map(
    ({ id, severity, description, occurredAt, pipeline, runId }) =>
      html`<li><span class="kind ${severity === 'critical' ? 'broken' : 'slower'}">${severity}</span> ${visible(firstLine(description, 240))}<span class="sub">${ageText(occurredAt, now)}, ${nameOf(pipeline, links.pipeline(pipeline), { max: 40 })}${runId === null ? null : html`, ${nameOf(runId, links.run(runId), { max: 24 })}`}</span><code class="sub">forge-writer feedback expected ${visible(firstLine(id, 60))}</code></li>`,
  )
  return panel('Anomalies', html`<ul class="causes">${items}</ul>`, { note: periodNote({ model }) })
}

function timelinePanel(view: View): Html {
  const { timeline, pipelines } = view.model
  if (timeline.runs.length === 0) return panel('Last 24 hours', empty('Nothing ran in the last 24 hours.'))
  const { names, others } = lanesOf(
    timeline,
    pipelines.pipelines.map(({ pipeline }) => pipeline),
  )
  const behind = table<RunFacts>(
    [
      { header: 'Started', cell: ({ startedAt }) => view.clock.minute(startedAt) },
      { header: 'Pipeline', cell: ({ pipeline }) => nameOf(pipeline, view.links.pipeline(pipeline)) },
      { header: 'Run', cell: ({ runId }) => nameOf(runId, view.links.run(runId), { max: 40 }) },
      { header: 'Outcome', cell: ({ outcome }) => outcomeText(outcome) },
      { header: 'Duration', isNumber: true, cell: ({ durationSecs }) => durationText(durationSecs) },
    ],
    timeline.runs.slice(0, 100),
    { caption: 'Runs of the last 24 hours' },
  )
  const notes = [
    ...(others > 0 ? [`${others} more pipelines`] : []),
    ...(timeline.isCut ? ['more runs than are drawn'] : []),
    ...(timeline.runs.length > 100 ? ['the table has the newest 100'] : []),
  ]
  return panel(
    'Last 24 hours',
    chart(timelineChart(timeline, names, view), behind, {
      title: 'Runs of the last 24 hours',
      isTitleHidden: true,
      note: notes.join(', '),
    }),
  )
}

function emptyPage({ model }: View): Html {
  const isMissing = model.about.tableVersion < 0
  const filter =
    model.about.scope === null
      ? null
      : html`<p>The report is limited to ${visible(model.about.scope)}, which matches no row.</p>`
  return html`<p class="sentence">${isMissing ? 'The table does not exist yet' : 'No run is recorded'}.</p>${filter}<p>Record a run, then make the report again:</p><pre>forge-writer ingest target/
forge-writer report -o report.html</pre>`
}
