import type { FailureGroup, FlakyStep } from '@forge/writer-analytics'
import { ageText, countOf, countText, firstLine, visibleText } from '@forge/writer-core/text'
import { type DayCount, dayBars } from '../charts/day-bars.ts'
import { sparkline } from '../charts/sparkline.ts'
import { chart, empty, nameOf, panel, table } from '../parts/elements.ts'
import type { Filtered } from '../parts/filter.ts'
import { filterForm, noMatch } from '../parts/filter-form.ts'
import { periodNote } from '../parts/period-note.ts'
import type { View } from '../parts/view.ts'
import { daysBetween, dayText } from '../text/dates.ts'
import { type Html, html } from '../text/html.ts'

const MAX_DAYS = 92

/** Returns the page of failures, grouped by cause. */
export function failuresPage(view: View): Html {
  const { failures, about } = view.model
  const days = daysOf(view)
  const { groups, otherFailedSteps } = failures
  const head = html`<header class="page-head"><h1>Failures</h1><span class="sub">Failed steps, and runs that failed as a whole, by message; in ${periodNote(view)}</span></header>`
  const trend = failures.runs === 0 ? null : panel('Runs of each day', trendChart(days))
  if (groups.length === 0)
    return html`${head}${view.live?.filterBar}${empty(`Nothing failed in ${periodNote(view)}.`)}${trend}${flakyPanel(view)}`
  const shown = groups.filter((group) => view.live?.isShown(filterOfGroup(group)) ?? true)
  const rows = table<FailureGroup>(
    [
      { header: '', cell: ({ isNew }) => (isNew ? html`<span class="kind new">new</span>` : null) },
      {
        header: 'Failures',
        isNumber: true,
        cell: ({ failedSteps }) => countText(failedSteps),
        sort: ({ failedSteps }) => failedSteps,
      },
      { header: 'Runs', isNumber: true, cell: ({ runs }) => countText(runs), sort: ({ runs }) => runs ?? -1 },
      {
        header: 'Message',
        cell: ({ message }) =>
          html`<code>${visibleText(message === '' ? '(no message)' : firstLine(message, 220))}</code>`,
      },
      {
        header: 'By day',
        cell: ({ days: own = [] }) => {
          const byDay = new Map(own.map(({ day, failedSteps }) => [day, failedSteps]))
          const counts = days.map(({ day }) => byDay.get(day) ?? 0)
          return days.length < 2 ? '' : sparkline(counts, `failed on ${countOf(own.length, 'day', 'days')}`)
        },
      },
      {
        header: 'Steps',
        cell: ({ steps }) =>
          html`${steps.slice(0, 3).map((step, at) => html`${at === 0 ? null : ', '}${nameOf(step, null, { max: 50 })}`)}${steps.length > 3 ? ` and ${steps.length - 3} more` : null}`,
      },
      {
        header: 'First',
        isUnbroken: true,
        sort: ({ firstSeen }) => firstSeen ?? '',
        cell: ({ firstSeen }) =>
          html`<time datetime="${firstSeen ?? ''}" title="${view.clock.zoned.minute(firstSeen)}">${ageText(firstSeen, about.generatedAt)}</time>`,
      },
      {
        header: 'Last',
        isUnbroken: true,
        sort: ({ lastSeen }) => lastSeen ?? '',
        cell: ({ lastSeen, lastRunId }) =>
          html`<time datetime="${lastSeen ?? ''}" title="${view.clock.zoned.minute(lastSeen)}">${ageText(lastSeen, about.generatedAt)}</time><br>${nameOf(lastRunId, view.links.run(lastRunId), { max: 28 })}`,
      },
    ],
    shown,
    {
      caption: 'Failures by message, without ids, times and numbers; most failures first',
      id: 'causes',
      filter: filterOfGroup,
    },
  )
  const filter = view.live
    ? view.live.filterBar
    : filterForm({ prefix: 'f-', placeholder: 'Filter by message, pipeline or step' })
  const drop = view.live ? html` <a href="${view.live.withoutFilters}">Drop the filter</a>` : null
  return html`${head}${filter}${trend}${panel('Causes', html`${rows}${noMatch('f-', html`No cause matches the filter.${drop}`, shown.length === 0)}${otherFailedSteps > 0 ? html`<p class="note">${countOf(otherFailedSteps, 'failed step has', 'failed steps have')} other messages.</p>` : null}`)}${flakyPanel(view)}`
}

/** What the filter looks at; the message as the table shows it, so that a report does not hold more of it. */
function filterOfGroup({ message, steps }: FailureGroup): Filtered {
  return { text: `${firstLine(message, 220)} ${steps.slice(0, 3).join(' ')}` }
}

interface Day extends DayCount {
  readonly day: string
  readonly unknown: number
}

/** Returns the days of the period, from the first one on which something ran; at most the last 92. */
function daysOf({ model, clock }: View): Day[] {
  const { days, about } = model
  const byDay = new Map(days.map((each) => [each.day, each]))
  const today = clock.date(about.generatedAt)
  return daysBetween(days[0]?.day ?? today, today, MAX_DAYS).map((day) => {
    const { runs = 0, failedRuns = 0, unknownRuns = 0 } = byDay.get(day) ?? {}
    return { day, label: dayText(day), all: runs, failed: failedRuns, unknown: unknownRuns }
  })
}

function trendChart(days: readonly Day[]): Html {
  const behind = table<Day>(
    [
      { header: 'Day', cell: ({ day }) => day },
      { header: 'Runs', isNumber: true, cell: ({ all }) => countText(all) },
      { header: 'Failed', isNumber: true, cell: ({ failed }) => countText(failed) },
      { header: 'Unknown', isNumber: true, cell: ({ unknown }) => countText(unknown) },
    ],
    days.toReversed(),
    { caption: 'Days, the newest first' },
  )
  return chart(dayBars(days, 'Runs of each day'), behind, {
    title: 'Runs of each day',
    isTitleHidden: true,
    note: 'the lower part of a bar failed',
  })
}

const MAX_FLAKY = 20

function flakyPanel({ model, links, clock, live }: View): Html | null {
  const filter = ({ pipeline, phase, step }: FlakyStep) => ({ text: `${pipeline} ${phase}/${step}` })
  const flakySteps = model.failures.flakySteps.filter((step) => live?.isShown(filter(step)) ?? true)
  if (flakySteps.length === 0) return null
  const rows = table<FlakyStep>(
    [
      { header: 'Pipeline', cell: ({ pipeline }) => nameOf(pipeline, links.pipeline(pipeline), { max: 48 }) },
      {
        header: 'Step',
        cell: ({ pipeline, phase, step }) => nameOf(`${phase}/${step}`, links.step(pipeline, phase, step)),
      },
      { header: 'Runs', isNumber: true, cell: ({ flakyRuns }) => countText(flakyRuns) },
      {
        header: 'Last',
        cell: ({ lastSeen, lastRunId }) =>
          html`<time datetime="${lastSeen ?? ''}" title="${clock.zoned.minute(lastSeen)}">${ageText(lastSeen, model.about.generatedAt)}</time>, ${nameOf(lastRunId, links.run(lastRunId), { max: 28 })}`,
      },
    ],
    flakySteps.slice(0, MAX_FLAKY),
    { caption: 'Steps that failed and then succeeded in the same run', id: 'flaky', filter },
  )
  const more =
    flakySteps.length > MAX_FLAKY
      ? html`<p class="note">and ${countOf(flakySteps.length - MAX_FLAKY, 'step', 'steps')} more, which were flaky in fewer runs</p>`
      : null
  return panel('Flaky steps', html`${rows}${more}`, { note: 'failed, tried again in the same run, and succeeded' })
}
