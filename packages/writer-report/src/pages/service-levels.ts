import type { Objective } from '@forge/writer-analytics'
import { countText, percentText, visibleText } from '@forge/writer-core/text'
import { empty, nameOf, panel, stateMark, table } from '../parts/elements.ts'
import { periodNote } from '../parts/period-note.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'

const MAX_OBJECTIVES = 200

/** Returns the page of service levels: the objectives, whether they are met, and the rest of their error budgets. */
export function serviceLevelsPage(view: View): Html {
  const { serviceLevels } = view.model
  const head = html`<header class="page-head"><h1>Service levels</h1><span class="sub">In ${periodNote(view)}</span></header>`
  if (!serviceLevels.available) {
    return html`${head}${empty(html`Nothing to show: ${serviceLevels.reason}.`)}<p>Declare service levels in the config file:</p><pre>serviceLevels:
  - pipeline: orders
    dueTime: '06:00'
    maxDurationSecs: 1800</pre>`
  }
  const order = { failed: 0, notJudged: 1, passed: 2 } as const
  const objectives = serviceLevels.objectives.toSorted((a, b) => order[a.verdict] - order[b.verdict])
  const unmatched = serviceLevels.unmatched.map(
    (glob) => html`<p class="note">No pipeline matches ${visibleText(glob)}.</p>`,
  )
  const more =
    objectives.length > MAX_OBJECTIVES
      ? html`<p class="note">and ${countText(objectives.length - MAX_OBJECTIVES)} more</p>`
      : null
  return html`${head}${panel('Objectives', html`${objectiveTable(objectives.slice(0, MAX_OBJECTIVES), view)}${more}${unmatched}`)}`
}

/** Returns a table of objectives with the bars of their error budgets, and their breaches. */
export function objectiveTable(objectives: readonly Objective[], { links, clock }: View): Html {
  return table<Objective>(
    [
      { header: '', cell: ({ verdict }) => stateMark(verdict, verdict === 'failed' ? { word: 'broken' } : {}) },
      { header: 'Pipeline', cell: ({ pipeline }) => nameOf(pipeline, links.pipeline(pipeline)) },
      { header: 'Target', cell: ({ target }) => visibleText(target) },
      {
        header: 'Kept',
        isNumber: true,
        cell: ({ keptPercent, requiredPercent }) =>
          html`${percentText(keptPercent)} <span class="note">of ${percentText(requiredPercent)}</span>`,
      },
      {
        header: 'Broken',
        isNumber: true,
        cell: ({ broken, judged }) => `${countText(broken)} of ${countText(judged)}`,
      },
      {
        header: 'Budget left',
        cell: ({ errorBudget, verdict }) => (verdict === 'notJudged' ? '' : budgetBar(errorBudget.leftPercent)),
      },
      {
        header: clock.header('Breaches'),
        cell: ({ breaches }) =>
          breaches.length === 0
            ? ''
            : html`<details><summary>${clock.minute(breaches[0]?.at)}</summary><ul>${breaches.map(({ runId, at, detail }) => html`<li>${clock.minute(at)}: ${visibleText(detail)}${runId === null ? null : html`, ${nameOf(runId, links.run(runId), { max: 28 })}`}</li>`)}</ul></details>`,
      },
    ],
    objectives,
    { caption: 'Objectives, broken ones first' },
  )
}

function budgetBar(leftPercent: number): Html {
  const width = Math.round(Math.min(100, Math.max(0, leftPercent)))
  return html`<svg class="budget" width="80" height="10" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="10" rx="2"/><rect class="${width > 25 ? 's' : 'f'}" width="${width}" height="10" rx="2"/></svg> ${percentText(Math.round(leftPercent))}`
}
