import type { FailureGroup } from '@forge/writer-analytics'
import type { Anomaly } from '@forge/writer-core'
import { ageText, countOf, firstLine, visibleText } from '@forge/writer-core/text'
import { expectedSpark } from '../charts/expected-spark.ts'
import { empty, nameOf, panel } from '../parts/elements.ts'
import { periodNote } from '../parts/period-note.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'
import { filterBar, pipelineTable } from './pipeline-list.ts'
import { runningPanel } from './running-panel.ts'
import { sentence } from './sentence.ts'
import { timelinePanel } from './timeline-panel.ts'

const MAX_NEW = 8

/** Returns the page that people open each morning: failures, late pipelines, new causes, and the last runs. */
export function todayPage(view: View): Html {
  const { model } = view
  if (model.pipelines.pipelines.length === 0) return emptyPage(view)
  const news = model.failures.groups.filter(({ isNew }) => isNew !== false).slice(0, MAX_NEW)
  return html`${lossNote(view)}<p class="sentence">${sentence(view)}</p>
${view.live ? view.live.filterBar : filterBar(view)}
<div class="cols"><div>${panel('Pipelines', pipelineTable(view), { id: 'list' })}</div>
<div>${panel('New causes of failure', newCauses(news, view), { note: `in ${periodNote(view)}` })}${findingsPanel(view)}</div></div>
${runningPanel(view)}${timelinePanel(view)}`
}

/** Returns a note about known losses: no figure may look complete if it is not. */
function lossNote({ model }: View): Html | null {
  const { loss } = model.about
  if (loss === null) return null
  const commits = countOf(loss.commits, 'commit is', 'commits are')
  const rows = loss.rows === undefined ? '' : `, with ${countOf(loss.rows, 'row', 'rows')}`
  return html`<p class="alert" role="alert"><b>${commits} known to be lost${rows}</b>: ${visibleText(firstLine(loss.detail, 300))}. The figures are without them.</p>`
}

function newCauses(groups: readonly FailureGroup[], { links, model }: View): Html {
  if (groups.length === 0) return empty('Nothing failed with a new message.')
  const now = model.about.generatedAt
  return html`<ul class="causes">${groups.map(({ message, failedSteps, runs, steps, firstSeen, lastRunId, isNew }) => html`<li><code>${visibleText(message === '' ? '(no message)' : firstLine(message, 160))}</code><span class="sub">${countOf(failedSteps, 'failure', 'failures')}${runs === null ? null : ` in ${countOf(runs, 'run', 'runs')}`}, first ${ageText(firstSeen, now)}${isNew === null ? ', in all time' : null}, ${nameOf(steps[0] ?? '', null, { max: 50 })}${steps.length > 1 ? ` and ${steps.length - 1} more` : null}, ${nameOf(lastRunId, links.run(lastRunId), { max: 24 })}</span></li>`)}</ul>`
}

/** Returns the stored anomalies, each with the command that records feedback on it. */
function findingsPanel({ model, links }: View): Html | null {
  if (model.findings.length === 0) return null
  const now = model.about.generatedAt
  const items = model.findings.map((finding) => {
    const { id, severity, description, occurredAt, pipeline, runId } = finding
    const spark = sparkOf(finding)
    return html`<li><span class="kind ${severity === 'critical' ? 'broken' : 'slower'}">${severity}</span> ${visibleText(firstLine(description, 240))}${spark}<span class="sub">${ageText(occurredAt, now)}, ${nameOf(pipeline, links.pipeline(pipeline), { max: 40 })}${runId === null ? null : html`, ${nameOf(runId, links.run(runId), { max: 24 })}`}</span><code class="sub">forge-writer feedback expected ${visibleText(firstLine(id, 60))}</code></li>`
  })
  return panel('Anomalies', html`<ul class="causes">${items}</ul>`, { note: `in ${periodNote({ model })}` })
}

/** Returns the last values with the anomalous one and the expected range; null if the anomaly does not have them. */
function sparkOf({ evidence, value, lower, upper }: Anomaly): Html | null {
  const values = [...(evidence?.historyTail ?? []), ...(value === null ? [] : [value])]
  return values.length < 3 || lower === null || upper === null ? null : expectedSpark(values, { lower, upper })
}

function emptyPage(view: View): Html {
  const { model, live } = view
  const isMissing = model.about.tableVersion < 0
  const filter =
    model.about.scope === null
      ? null
      : html`<p>The page is limited to ${visibleText(model.about.scope)}, which matches no row.${live ? html` <a href="${live.withoutFilters}">Drop the filter</a>` : null}</p>`
  const place = model.about.storage === null ? '' : ` --path ${shellText(visibleText(model.about.storage))}`
  if (live) {
    return html`${lossNote(view)}<p class="sentence">${isMissing ? 'The table does not exist yet' : 'No run is recorded'}.</p>${live.filterBar}${filter}<p>Record a run; this page shows it as soon as it is recorded:</p><pre>forge-writer record${place} -- COMMAND
forge-writer ingest target/${place}</pre>${runningPanel(view)}`
  }
  return html`${lossNote(view)}<p class="sentence">${isMissing ? 'The table does not exist yet' : 'No run is recorded'}.</p>${filter}<p>Record a run, then make the report again:</p><pre>forge-writer record${place} -- COMMAND
forge-writer ingest target/${place}
forge-writer report${place} -o report.html</pre>${runningPanel(view)}`
}

/** Quotes a text for a shell if it needs to be. */
function shellText(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
