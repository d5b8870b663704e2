import { firstLine, percentText, visibleText } from '@forge/writer-core/text'
import { nameOf, panel } from '../parts/elements.ts'
import type { PageView } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'
import { verdictMark } from './verdict-panels.ts'

const MAX_SHOWN = 20

/** Returns the anomalies of a run and the verdicts about its writes that the pages show; null without any. */
export function findingsOfRun(runId: string, { model, clock }: PageView<'findings' | 'verdicts'>): Html | null {
  const anomalies = model.findings.filter((finding) => finding.runId === runId)
  const verdicts = model.verdicts.verdicts.filter((verdict) => verdict.runId === runId)
  if (anomalies.length + verdicts.length === 0) return null
  const items = [
    ...anomalies.map(
      ({ severity, description, phase, step }) =>
        html`<li><span class="kind ${severity === 'critical' ? 'broken' : 'slower'}">${severity}</span> ${phase === null || step === null ? null : html`${nameOf(`${phase}/${step}`)}: `}${visibleText(firstLine(description, 240))}</li>`,
    ),
    ...verdicts.map(
      ({ verdict, stopped, judgedAt, validationRate }) =>
        html`<li>${verdictMark(verdict, stopped)} a write of ${clock.zoned.second(judgedAt)}, ${percentText(validationRate)} valid</li>`,
    ),
  ]
  return panel('Anomalies and verdicts', html`<ul class="causes">${items.slice(0, MAX_SHOWN)}</ul>`)
}
