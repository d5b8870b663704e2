import { ageText, firstLine, visibleText } from '@forge/writer-core/text'
import type { RunningWork } from '../model/report-model.ts'
import { nameOf, panel, stateMark, table } from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'

const MAX_SHOWN = 40

/** Returns the runs and steps that have started and have no end in the log, those that died first; null without any. */
export function runningPanel({ model, links, clock }: View): Html | null {
  const { running, about } = model
  if (running.length === 0) return null
  const sorted = running.toSorted((a, b) => Number(b.state === 'lost') - Number(a.state === 'lost'))
  const rows = table<RunningWork>(
    [
      { header: '', cell: ({ state }) => stateMark(state === 'lost' ? 'failed' : 'running', { word: WORDS[state] }) },
      { header: 'Pipeline', cell: ({ pipelineId }) => nameOf(pipelineId, links.pipeline(pipelineId), { max: 48 }) },
      { header: 'Run', cell: ({ runId }) => nameOf(runId, links.run(runId), { max: 40 }) },
      { header: 'Step', cell: ({ step }) => (step === null ? '' : nameOf(step, null, { max: 40 })) },
      {
        header: 'Started',
        cell: ({ startedAt }) =>
          html`<time datetime="${startedAt}" title="${clock.zoned.second(startedAt)}">${ageText(startedAt, about.generatedAt)}</time>`,
      },
      { header: 'Last sign of life', cell: ({ seenAt }) => ageText(seenAt, about.generatedAt) },
      { header: 'Host', cell: ({ host }) => html`<bdi>${visibleText(firstLine(host, 40))}</bdi>` },
      { header: 'Command', cell: ({ command }) => html`<code>${visibleText(firstLine(command, 80))}</code>` },
    ],
    sorted.slice(0, MAX_SHOWN),
    { caption: 'Runs and steps that have started and not ended' },
  )
  const more = running.length > MAX_SHOWN ? html`<p class="note">and ${running.length - MAX_SHOWN} more</p>` : null
  return panel('Running now', html`${rows}${more}`)
}

const WORDS: Readonly<Record<RunningWork['state'], string>> = {
  running: 'running',
  unwatched: 'running, not watched',
  storing: 'being stored',
  ended: 'ended, not stored',
  lost: 'died',
}
