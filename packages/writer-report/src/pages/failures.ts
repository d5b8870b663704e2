import type { FailureGroup } from '@forge/writer-analytics'
import { empty, nameOf, panel, table } from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import { ageText, countOf, countText, firstLine } from '../text/format.ts'
import { type Html, html, visible } from '../text/html.ts'
import { periodNote } from './today.ts'

/** Returns the page of failures, grouped by cause. */
export function failuresPage(view: View): Html {
  const { failures, about } = view.model
  const { groups, otherFailedSteps } = failures
  const head = html`<header class="page-head"><h1>Failures</h1><span class="sub">Failed steps of ${periodNote(view)} with the same message, except ids, times and numbers</span></header>`
  if (groups.length === 0) return html`${head}${empty(`No step failed in ${periodNote(view)}.`)}`
  const rows = table<FailureGroup>(
    [
      { header: '', cell: ({ isNew }) => (isNew ? html`<span class="kind new">new</span>` : null) },
      {
        header: 'Message',
        cell: ({ message }) => html`<code>${visible(message === '' ? '(no message)' : firstLine(message, 220))}</code>`,
      },
      { header: 'Failed steps', isNumber: true, cell: ({ failedSteps }) => countText(failedSteps) },
      {
        header: 'Steps',
        cell: ({ steps }) =>
          html`${steps.slice(0, 3).map((step, at) => html`${at === 0 ? null : ', '}${nameOf(step, null, { max: 50 })}`)}${steps.length > 3 ? ` and ${steps.length - 3} more` : null}`,
      },
      {
        header: 'First',
        cell: ({ firstSeen }) =>
          html`<time datetime="${firstSeen ?? ''}" title="${view.clock.minute(firstSeen)}">${ageText(firstSeen, about.generatedAt)}</time>`,
      },
      {
        header: 'Last',
        cell: ({ lastSeen, lastRunId }) =>
          html`<time datetime="${lastSeen ?? ''}" title="${view.clock.minute(lastSeen)}">${ageText(lastSeen, about.generatedAt)}</time>, ${nameOf(lastRunId, view.links.run(lastRunId), { max: 28 })}`,
      },
    ],
    groups,
    { caption: 'Failed steps by message, most failures first' },
  )
  return html`${head}${panel('Causes', html`${rows}${otherFailedSteps > 0 ? html`<p class="note">${countOf(otherFailedSteps, 'failed step has', 'failed steps have')} other messages.</p>` : null}`)}`
}
