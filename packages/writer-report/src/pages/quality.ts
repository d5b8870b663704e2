import type { QualityBucket, QualityOfStep, QualityTrends } from '@forge/writer-analytics'
import { countText, percentText } from '@forge/writer-core/text'
import { percentSeries } from '../charts/day-series.ts'
import { chart, empty, facts, nameOf, panel, table } from '../parts/elements.ts'
import { periodNote } from '../parts/period-note.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'
import { quarantinePanel, rulesPanel, verdictPanel } from './verdict-panels.ts'

/** Returns the page of quality: the share of valid rows over time, and the steps with the lowest share. */
export function qualityPage(view: View): Html {
  const { quality } = view.model
  const head = html`<header class="page-head"><h1>Quality</h1><span class="sub">Valid rows of the steps that validate, in ${periodNote(view)}</span></header>`
  return html`${head}
${quality.trendsAvailable ? figures(quality) : null}
${verdictPanel(view)}
${quality.trendsAvailable ? trends(quality, view) : panel('Validation rate', empty(html`Nothing to show: ${quality.reason}.`))}
${rulesPanel(view)}
${quarantinePanel(view)}`
}

type Trends = Extract<QualityTrends, { readonly trendsAvailable: true }>

function figures({ validationTrend, validRows, invalidRows, validatedSteps }: Trends): Html {
  return facts([
    ['Valid rows', countText(validRows)],
    ['Invalid rows', countText(invalidRows)],
    ['Validation rate', percentText(validationTrend.weightedRatePercent)],
    ['Steps', countText(validatedSteps)],
  ])
}

function trends(quality: Trends, view: View): Html {
  const { validationTrend, worstSteps, buckets } = quality
  const behind = table<QualityBucket>(
    [
      { header: quality.bucket === 'week' ? 'Week' : 'Day', cell: ({ at }) => view.clock.day(at) },
      { header: 'Steps', isNumber: true, cell: (bucket) => countText(bucket.validatedSteps) },
      { header: 'Valid', isNumber: true, cell: ({ validationRate }) => percentText(validationRate) },
      { header: 'Invalid rows', isNumber: true, cell: (bucket) => countText(bucket.invalidRows) },
    ],
    buckets.toReversed().slice(0, 60),
    { caption: 'Validation rate over time, the newest first' },
  )
  const picture = percentSeries(
    buckets.map(({ at, validationRate }) => ({ label: view.clock.day(at), value: validationRate })),
    'Validation rate over time',
  )
  return html`${
    validationTrend.weightedRatePercent === null
      ? panel('Validation rate', empty('The steps that validate processed no rows.'))
      : html`${panel('Validation rate', chart(picture, behind, { title: 'Validation rate over time', isTitleHidden: true }))}
${panel('Steps with the lowest rate', worstTable(worstSteps, view))}`
  }`
}

function worstTable(steps: readonly QualityOfStep[], { links }: View): Html {
  return table<QualityOfStep>(
    [
      { header: 'Pipeline', cell: ({ pipeline }) => nameOf(pipeline, links.pipeline(pipeline)) },
      {
        header: 'Step',
        cell: ({ pipeline, phase, step }) => nameOf(`${phase}/${step}`, links.step(pipeline, phase, step)),
      },
      { header: 'Valid', isNumber: true, cell: ({ validationRate }) => percentText(validationRate) },
      { header: 'Invalid rows', isNumber: true, cell: ({ invalidRows }) => countText(invalidRows) },
    ],
    steps,
    { caption: 'Steps with the lowest validation rate' },
  )
}
