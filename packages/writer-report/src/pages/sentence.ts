import type { PipelineState } from '@forge/writer-analytics'
import { ageText, countOf, countText, firstLine, percentText, visibleText } from '@forge/writer-core/text'
import { periodNote } from '../parts/period-note.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'

const MAX_NAMED = 3

/** Returns a sentence about the pipelines that failed, are late, are running, and ran. */
export function sentence(view: View): Html {
  const parts = [failedPart(view), latePart(view), ...otherParts(view)].filter((part) => part !== null)
  return html`${parts.map((part, at) => html`${at === 0 ? '' : ', '}${part}`)}. ${runsPart(view)}`
}

function failedPart({ model }: View): Html {
  const { pipelines, otherPipelines } = model.pipelines
  const failed = count(pipelines, 'failed')
  const all = pipelines.length + otherPipelines
  if (failed === 0) return html`<b>No pipeline failed</b>`
  return html`<b class="bad">${all === 1 ? 'The pipeline failed' : `${countText(failed)} of ${countText(all)} pipelines failed`}</b>`
}

function latePart({ model, clock }: View): Html | null {
  const late = model.pipelines.pipelines.filter(({ state }) => state === 'late')
  if (late.length === 0) return null
  const named = late.slice(0, MAX_NAMED).map(({ pipeline, lateSince }) => {
    const due = lateSince === null ? '' : `, due ${clock.time(Date.parse(lateSince))} ${clock.timeZone}`
    return `${firstLine(pipeline, 40)}${due}`
  })
  return html`<b class="warn">${countText(late.length)} ${late.length === 1 ? 'is' : 'are'} late</b> (${visibleText(named.join('; '))}${late.length > MAX_NAMED ? '; …' : ''})`
}

function otherParts({ model: { pipelines, running } }: View): Html[] {
  const unknown = count(pipelines.pipelines, 'unknown')
  const live = running.filter(({ state }) => state === 'running' || state === 'unwatched').length
  const died = new Set([
    ...running.filter(({ state }) => state === 'lost').map(({ runId }) => runId),
    ...pipelines.pipelines.filter(({ lastRun }) => lastRun.status === 'lost').map(({ lastRun }) => lastRun.runId),
  ]).size
  return [
    ...(unknown > 0 ? [html`the outcome of ${countText(unknown)} is not known`] : []),
    ...(died > 0 ? [html`<b class="warn">${countText(died)} died</b>`] : []),
    ...(live > 0 ? [html`${countText(live)} ${live === 1 ? 'is' : 'are'} running`] : []),
  ]
}

function runsPart(view: View): Html {
  const { failures, pipelines, about } = view.model
  const period = periodNote(view)
  const newest = pipelines.pipelines
    .flatMap(({ lastRun }) => lastRun.endedAt ?? lastRun.startedAt ?? [])
    .sort()
    .at(-1)
  const isAhead = newest !== undefined && newest > about.generatedAt
  const last =
    newest === undefined
      ? null
      : html` The last run ${isAhead ? 'ends' : 'ended'} ${ageText(newest, about.generatedAt)}${isAhead ? ': a clock is wrong' : null}.`
  if (failures.runs === 0) return html`Nothing ran in ${period}.${last}`
  const rate =
    failures.successRatePercent === null
      ? 'with unknown outcomes'
      : html`${percentText(failures.successRatePercent)} succeeded`
  return html`${countOf(failures.runs, 'run', 'runs')} in ${period}, ${rate}.${last}`
}

function count(pipelines: readonly PipelineState[], state: PipelineState['state']): number {
  return pipelines.filter((each) => each.state === state).length
}
