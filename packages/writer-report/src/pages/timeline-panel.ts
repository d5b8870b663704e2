import type { RunFacts } from '@forge/writer-analytics'
import { durationText } from '@forge/writer-core/text'
import { lanesOf, timelineChart } from '../charts/timeline.ts'
import type { RunningWork } from '../model/report-model.ts'
import { chart, empty, nameOf, outcomeText, panel, table } from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import type { Html } from '../text/html.ts'

/** Returns the runs of the last day: a lane for each pipeline. */
export function timelinePanel(view: View): Html {
  const { timeline, pipelines, running } = view.model
  const going = running.filter(goesOn)
  if (timeline.runs.length + timeline.due.length + going.length === 0)
    return panel('Last 24 hours', empty('Nothing ran in the last 24 hours.'))
  const order = pipelines.pipelines.map(({ pipeline }) => pipeline)
  const { names, others } = lanesOf({ timeline, going, order })
  const behind = table<RunFacts>(
    [
      { header: view.clock.header('Started'), cell: ({ startedAt }) => view.clock.minute(startedAt) },
      { header: 'Pipeline', cell: ({ pipeline }) => nameOf(pipeline, view.links.pipeline(pipeline)) },
      { header: 'Run', cell: ({ runId }) => nameOf(runId, view.links.run(runId), { max: 40 }) },
      { header: 'Outcome', cell: ({ outcome }) => outcomeText(outcome) },
      { header: 'Duration', isNumber: true, cell: ({ durationSecs }) => durationText(durationSecs) },
    ],
    timeline.runs.slice(0, 100),
    { caption: 'Runs of the last 24 hours' },
  )
  const missed = timeline.due.filter(({ isKept }) => !isKept).length
  const notes = [
    `times in ${view.clock.timeZone}`,
    ...(timeline.due.length > 0 ? [`flags are due times, ${missed === 0 ? 'all kept' : `full ones were missed`}`] : []),
    ...(going.length > 0 ? ['open bars are still running'] : []),
    ...(others > 0 ? [`${others} more pipelines`] : []),
    ...(timeline.isCut ? ['more runs than are drawn'] : []),
    ...(timeline.runs.length > 100 ? ['the table has the newest 100'] : []),
  ]
  return panel(
    'Last 24 hours',
    chart(timelineChart({ timeline, going }, names, view), behind, {
      title: 'Runs of the last 24 hours',
      isTitleHidden: true,
      note: notes.join(', '),
    }),
  )
}

function goesOn({ state, isNested = false }: RunningWork): boolean {
  return !isNested && (state === 'running' || state === 'unwatched')
}
