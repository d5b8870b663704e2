import type { RunDay } from '@forge/writer-analytics'
import { countOf, countText, percentText } from '@forge/writer-core/text'
import { calendarChart } from '../charts/calendar.ts'
import { chart, empty, table } from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import { addDays, daysBetween } from '../text/dates.ts'
import type { Html } from '../text/html.ts'

const YEAR_DAYS = 371

interface Month {
  readonly month: string
  readonly days: readonly RunDay[]
  /** The days after the first run on which nothing ran. */
  readonly emptyDays: number
}

/** Returns the days of the last year, each with whether the pipeline ran, failed, or did not run. */
export function daysPanel(days: readonly RunDay[], { model, clock }: View): Html {
  if (days.length === 0) return empty('Nothing ran in the last year.')
  const today = clock.date(model.about.generatedAt)
  const months = monthsOf(days, today)
  const behind = table<Month>(
    [
      { header: 'Month', cell: ({ month }) => month },
      { header: 'Runs', isNumber: true, cell: (month) => countText(sum(month, ({ runs }) => runs)) },
      { header: 'Failed', isNumber: true, cell: (month) => countText(sum(month, ({ failedRuns }) => failedRuns)) },
      { header: 'Succeeded', isNumber: true, cell: (month) => percentText(successPercent(month)) },
      { header: 'Days with failures', isNumber: true, cell: (month) => countText(failureDays(month)) },
      { header: 'Days without a run', isNumber: true, cell: ({ emptyDays }) => countText(emptyDays) },
    ],
    months.toReversed(),
    { caption: 'Months, the newest first' },
  )
  const emptyDays = months.reduce((all, month) => all + month.emptyDays, 0)
  const note = `${countOf(days.length, 'day', 'days')} with runs, ${countOf(emptyDays, 'day', 'days')} without`
  return chart(calendarChart(days, today), behind, { title: 'Days of the last year', isTitleHidden: true, note })
}

function monthsOf(days: readonly RunDay[], today: string): Month[] {
  const byDay = new Map(days.map((each) => [each.day, each]))
  const start = addDays(today, 1 - YEAR_DAYS)
  const months = new Map<string, { days: RunDay[]; emptyDays: number }>()
  for (const day of daysBetween([start, days[0]?.day ?? today].sort().at(-1) ?? start, today, YEAR_DAYS)) {
    const month = months.get(day.slice(0, 7)) ?? { days: [], emptyDays: 0 }
    const found = byDay.get(day)
    if (found) month.days.push(found)
    else month.emptyDays++
    months.set(day.slice(0, 7), month)
  }
  return [...months].map(([month, figures]) => ({ month, ...figures }))
}

function sum({ days }: Month, figure: (day: RunDay) => number): number {
  return days.reduce((all, day) => all + figure(day), 0)
}

function successPercent(month: Month): number | null {
  const known = sum(month, ({ runs, unknownRuns }) => runs - unknownRuns)
  return known === 0 ? null : ((known - sum(month, ({ failedRuns }) => failedRuns)) / known) * 100
}

function failureDays({ days }: Month): number {
  return days.filter(({ failedRuns }) => failedRuns > 0).length
}
