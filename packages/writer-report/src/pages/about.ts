import { bytesText, countOf, countText, firstLine, visibleText } from '@forge/writer-core/text'
import { facts } from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'

/** Returns the page about the report: its table, the time at which it was made, the parts that it leaves out, and the command that makes it again. */
export function aboutPage({ model, clock, live }: View, { leftOut }: { readonly leftOut: number }): Html {
  const { about, failures } = model
  const notes = [
    ...(about.loss === null
      ? []
      : [
          `${countOf(about.loss.commits, 'commit is', 'commits are')} known to be lost: ${firstLine(about.loss.detail, 300)}`,
        ]),
    ...(failures.nonFiniteSteps > 0
      ? [
          `${countText(failures.nonFiniteSteps)} steps have a duration or validation rate that is NaN or infinite; no figure includes them.`,
        ]
      : []),
    ...(failures.futureSteps > 0
      ? [`${countText(failures.futureSteps)} steps start in the future; the figures include them.`]
      : []),
    ...(about.otherPipelinePages > 0
      ? [
          `${countText(about.otherPipelinePages)} pipelines are listed but have no page: only those that need attention first have one.`,
        ]
      : []),
    ...(leftOut > 0 ? [`${countText(leftOut)} pages were left out to keep the file small.`] : []),
    ...(about.isRedacted ? ['Error messages and the metadata of runs are left out.'] : []),
  ]
  return html`<header class="page-head"><h1>${live ? 'About these pages' : 'About this report'}</h1></header>
${facts([
  ['Made', clock.zoned.second(about.generatedAt)],
  ['By', `forge-writer ${about.version}`],
  ['Table', html`<bdi>${visibleText(about.tableFqn)}</bdi>`],
  ['In', html`<bdi>${visibleText(about.location)}</bdi>`],
  ['Version', about.tableVersion < 0 ? 'the table does not exist' : countText(about.tableVersion)],
  ['Rows', `${countText(about.rows)}, ${bytesText(about.sizeBytes)}`],
  ['Optimized or vacuumed', about.lastUpkeepAt === null ? null : clock.zoned.minute(about.lastUpkeepAt)],
  [
    'Period',
    about.period.from === null
      ? 'everything'
      : `${clock.minute(about.period.from)} to ${clock.zoned.minute(about.period.to)}`,
  ],
  ['Limited to', about.scope === null ? null : html`<bdi>${visibleText(about.scope)}</bdi>`],
  ['Time zone', clock.timeZone],
])}
${notes.length === 0 ? null : html`<ul>${notes.map((note) => html`<li>${visibleText(note)}</li>`)}</ul>`}
${about.command === null ? null : html`<h2>Make it again</h2><pre>${visibleText(about.command)}</pre>`}
<h2>What the figures mean</h2>
<ul><li>A run succeeds if none of its steps failed; of the attempts of a step the last one counts.</li>
<li>The change of a duration or of rows is from the median of the successful runs before.</li>
<li>A dash is a figure that is not known, which is not 0.</li>
<li>A new cause is a message with which no step failed before the period.</li></ul>`
}
