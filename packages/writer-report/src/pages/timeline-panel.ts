import type { RunFacts } from '@forge/writer-analytics'
import { durationText } from '@forge/writer-core/text'
import { lanesOf, timelineChart } from '../charts/timeline.ts'
import { chart, empty, nameOf, outcomeText, panel, table } from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import type { Html } from '../text/html.ts'

/** Returns what ran in the last day: a lane for each pipeline. */
export function timelinePanel(view: View): Html {
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
