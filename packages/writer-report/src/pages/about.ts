import { bytesText, countOf, countText, firstLine, visibleText } from '@forge/writer-core/text'
import { facts, moment, panel } from '../parts/elements.ts'
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
    ...(failures.unreadRuns > 0
      ? [
          `${countOf(failures.unreadRuns, 'run has', 'runs have')} results that were rejected because they could not be read; such a run counts as failed.`,
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
  ['Made', moment(about.generatedAt, clock.zoned.second(about.generatedAt))],
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
      : html`${moment(about.period.from, clock.minute(about.period.from))} to ${moment(about.period.to, clock.zoned.minute(about.period.to))}`,
  ],
  ['Limited to', about.scope === null ? null : html`<bdi>${visibleText(about.scope)}</bdi>`],
  ['Time zone', clock.timeZone],
])}
${notes.length === 0 ? null : panel('What to know', html`<ul>${notes.map((note) => html`<li>${visibleText(note)}</li>`)}</ul>`)}
${about.command === null ? null : panel('Make it again', html`<pre>${visibleText(about.command)}</pre>`)}
${panel(
  'What the figures mean',
  html`<ul><li>A run succeeds if none of its steps failed; of the attempts of a step the last one counts.</li>
<li>The change of a duration or of rows is from the median of the successful runs before.</li>
<li>A dash is a figure that is not known, which is not 0.</li>
<li>A new cause is a message with which no step failed before the period.</li>
<li>A dotted bar in a strip is a run that was due and did not come.</li>
<li>A clock is suspect if a run ends later than now or than it was stored, or before it starts. A run is recorded late if it was stored more than a day after its end.</li></ul>`,
)}`
}
