import { PIPELINE_CONDITIONS, type PipelineState, type RunFacts } from '@forge/writer-analytics'
import { ageText, changeText, countOf, countText, durationText, shortCount } from '@forge/writer-core/text'
import { strip } from '../charts/strip.ts'
import { belonging } from '../parts/belonging.ts'
import { doubtMarks } from '../parts/doubts.ts'
import { type Column, nameOf, stateMark, table } from '../parts/elements.ts'
import { filterForm, noMatch } from '../parts/filter-form.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'

/** Returns the controls that filter the list of pipelines; they need the script. */
export function filterBar({ model }: View): Html {
  const { pipelines } = model.pipelines
  const states = PIPELINE_CONDITIONS.map((state) => ({
    state,
    count: pipelines.filter((each) => each.state === state).length,
  }))
  const chips = states
    .filter(({ count }) => count > 0)
    .map(
      ({ state, count }) =>
        html`<button type="button" class="chip" data-chip="${state}" aria-pressed="false">${stateMark(state)} <b>${countText(count)}</b></button>`,
    )
  return filterForm({
    prefix: '',
    placeholder: 'Filter by name, owner:ana, tag:nightly',
    controls: html`<span class="chips">${chips}</span><label class="chip"><input type="checkbox" id="hide-fine" data-hide> Hide what is fine</label>`,
  })
}

/** Returns the list of pipelines: state, last success, last runs, and due time. */
export function pipelineTable(view: View): Html {
  const { pipelines, otherPipelines } = view.model.pipelines
  const filter = ({ pipeline, state, owner, tags }: PipelineState) => ({ text: pipeline, state, owner, tags })
  const shown = pipelines.filter((state) => view.live?.isShown(filter(state)) ?? true)
  const rows = table(columns(view), shown, { caption: 'Pipelines, with their last runs', id: 'pipelines', filter })
  const drop = view.live ? html` <a href="${view.live.withoutFilters}">Drop the filter</a>` : null
  const more =
    otherPipelines > 0
      ? html`<p class="note">and ${countOf(otherPipelines, 'pipeline', 'pipelines')} more that ran earlier</p>`
      : null
  return html`${rows}${noMatch('', html`No pipeline matches the filter.${drop}`, shown.length === 0)}${more}`
}

function columns({ model, clock, links }: View): Column<PipelineState>[] {
  const now = model.about.generatedAt
  const changes = (percent: number | null) =>
    changeText(percent) === '' ? null : html` <span class="delta">${changeText(percent)}</span>`
  const age = (run: RunFacts | null) =>
    run === null
      ? 'never'
      : html`<time datetime="${run.startedAt ?? ''}" title="${clock.zoned.minute(run.startedAt)}">${ageText(run.startedAt, now)}</time>`
  return [
    { header: '', cell: ({ state }) => stateMark(state, { isShort: true }) },
    {
      header: 'Pipeline',
      cell: ({ pipeline, owner, tags, lastRun, nextDueAt }) =>
        html`${nameOf(pipeline, links.pipeline(pipeline), { max: 48 })}${belonging(owner, tags)}${doubtMarks(lastRun, now, { isAwaited: nextDueAt !== null })}${runLink(lastRun, links.run(lastRun.runId))}`,
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
    { header: `Last ${model.about.runs} runs`, isNumber: true, cell: (state) => strip(state, model.about.runs) },
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

function dueText({ lateSince, nextDueAt }: PipelineState, now: string): Html | string {
  if (lateSince !== null) return html`<b class="warn">since ${ageText(lateSince, now)}</b>`
  return nextDueAt === null ? '' : ageText(nextDueAt, now)
}
