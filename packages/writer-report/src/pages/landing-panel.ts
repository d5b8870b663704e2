import type { PipelineState, RunFacts } from '@forge/writer-analytics'
import { landingSeries } from '../charts/landing-series.ts'
import { chart, nameOf, panel, table } from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import type { Html } from '../text/html.ts'

interface Landing {
  readonly run: RunFacts
  /** The minutes since midnight at which the data was complete. */
  readonly minutes: number
}

interface Landed {
  readonly state: PipelineState
  /** The oldest first. */
  readonly runs: readonly RunFacts[]
}

/** Returns the times of the day at which the data was complete, with the time at which it is due; null for a pipeline without a due time. */
export function landingPanel({ state, runs }: Landed, view: View): Html | null {
  const { clock, links } = view
  const due = state.nextDueAt ?? state.lateSince
  if (due === null) return null
  const landings = runs.flatMap((run): Landing[] => {
    if (run.outcome !== 'succeeded' || run.endedAt === null) return []
    return [{ run, minutes: clock.minuteOfDay(run.endedAt) }]
  })
  if (landings.length === 0) return null
  const behind = table<Landing>(
    [
      { header: 'Run', cell: ({ run }) => nameOf(run.runId, links.run(run.runId), { max: 40 }) },
      { header: clock.header('Ended'), cell: ({ run }) => clock.minute(run.endedAt) },
    ],
    landings.toReversed(),
    { caption: 'When successful runs ended, the newest first' },
  )
  const picture = landingSeries(
    landings.map(({ run, minutes }) => ({ label: clock.day(run.endedAt), minutes })),
    clock.minuteOfDay(due),
  )
  return panel(
    'Landing times',
    chart(picture, behind, { title: 'Time of day at which the data was there', note: clock.timeZone }),
  )
}
