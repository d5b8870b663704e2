import type { RunFacts } from '@forge/writer-analytics'
import { countOf, cutMiddle, durationText, visibleText } from '@forge/writer-core/text'
import type { DueMark, ReportTimeline, RunningWork } from '../model/report-model.ts'
import { type Lanes, laneNames, percentOf } from '../parts/lanes.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'

const LANE = 22
const TOP = 20
const MAX_LANES = 24
/** The share of the plot that a bar covers at least. */
const MIN_SHARE = 0.004
/** The line of this moment is drawn within the plot. */
const END_SHARE = 0.996
const HOUR_MS = 3_600_000

interface Bar {
  /** The start and the width, as shares of the plot. */
  readonly x: number
  readonly width: number
  readonly runs: readonly RunFacts[]
}

/** The facts that are shown next to the runs. */
export interface TimelineRuns {
  readonly timeline: ReportTimeline
  /** The pipelines, in the order of their list. */
  readonly order: readonly string[]
  /** The runs that are running. */
  readonly going: readonly RunningWork[]
}

/** Returns the lanes of a timeline: the pipelines that ran, run or were due, in the order of the list of pipelines; at most 24. */
export function lanesOf({ timeline: { runs, due }, order, going }: TimelineRuns): {
  readonly names: readonly string[]
  readonly others: number
} {
  const ran = new Set([...[...runs, ...due].map(({ pipeline }) => pipeline), ...going.map((run) => run.pipelineId)])
  const names = [...order.filter((name) => ran.has(name)), ...[...ran].filter((name) => !order.includes(name))]
  return { names: names.slice(0, MAX_LANES), others: Math.max(0, names.length - MAX_LANES) }
}

/**
 * Returns the runs of the last day: a lane for each pipeline, a bar for each run; dense runs become one bar with their count, overlaps are hatched,
 * running runs are open at their end, and due times are flags. The plot is as wide as its place.
 */
export function timelineChart(
  { timeline, going }: Omit<TimelineRuns, 'order'>,
  lanes: readonly string[],
  { clock, links }: View,
): Lanes {
  const from = Date.parse(timeline.from)
  const length = Date.parse(timeline.to) - from
  const scale: Scale = (iso) => (END_SHARE * (Date.parse(iso) - from)) / length
  const height = TOP + lanes.length * LANE + 4
  const ticks = Array.from({ length: 7 }, (_none, at) => {
    const ms = from + (at + 1) * 3 * HOUR_MS
    const x = percentOf((END_SHARE * (ms - from)) / length)
    return html`<g${at % 2 === 0 ? html` class="minor"` : null}><line class="grid" x1="${x}" x2="${x}" y1="${TOP - 4}" y2="${height}"/><text x="${x}" y="12" text-anchor="middle">${clock.time(ms)}</text></g>`
  })
  const rows = lanes.map((pipeline, at) => {
    const y = TOP + at * LANE
    const open = going.filter((run) => run.pipelineId === pipeline)
    const isOpen = new Set(open.map(({ runId }) => runId))
    const own = timeline.runs.filter((run) => run.pipeline === pipeline && !isOpen.has(run.runId))
    const bars = barsOf(own, scale).map((bar) => barMark(bar, y, links.run))
    const overlaps = overlapsOf(own, scale).map(
      ({ x, width }) =>
        html`<rect class="hatch" x="${percentOf(x)}" y="${y + 4}" width="${percentOf(width)}" height="${LANE - 8}"/>`,
    )
    const ends = open.map((run) => openBar(run, y, { scale, now: timeline.to }))
    const flags = timeline.due.filter((each) => each.pipeline === pipeline).map((due) => flag(due, y, { scale, clock }))
    return html`<line class="lane" x1="0" x2="100%" y1="${y + LANE}" y2="${y + LANE}"/>${bars}${ends}${overlaps}${flags}`
  })
  const end = percentOf(END_SHARE)
  const now = html`<line class="now" x1="${end}" x2="${end}" y1="${TOP - 6}" y2="${height}"/><text x="${end}" y="12" text-anchor="end">now</text>`
  return {
    names: laneNames(
      lanes.map((text) => ({ text, href: links.pipeline(text) })),
      'day',
    ),
    plot: html`<svg class="plot" width="100%" height="${height}" role="group" aria-label="Runs of the last 24 hours, by pipeline">${ticks}${rows}${now}</svg>`,
  }
}

/** Returns the place of an instant, as a share of the plot. */
type Scale = (iso: string) => number

function spanOf({ startedAt, endedAt }: RunFacts, scale: Scale): { readonly x: number; readonly end: number } {
  const start = startedAt === null ? 0 : scale(startedAt)
  const end = endedAt === null ? start : scale(endedAt)
  return { x: Math.min(END_SHARE, Math.max(0, start)), end: Math.min(END_SHARE, Math.max(end, start, 0)) }
}

/** Merges short bars that would touch. */
function barsOf(runs: readonly RunFacts[], scale: Scale): Bar[] {
  const bars: Bar[] = []
  for (const run of runs.toReversed()) {
    const { x, end } = spanOf(run, scale)
    const width = Math.max(MIN_SHARE, end - x)
    const last = bars.at(-1)
    const isDense =
      last &&
      width <= 2 * MIN_SHARE &&
      x < last.x + last.width + MIN_SHARE / 3 &&
      (last.runs.length > 1 || last.width <= 2 * MIN_SHARE)
    if (isDense)
      bars[bars.length - 1] = { x: last.x, width: Math.max(last.width, x + width - last.x), runs: [...last.runs, run] }
    else bars.push({ x, width, runs: [run] })
  }
  return bars
}

/** The share of the plot from which a bar has room for a number. */
const COUNT_SHARE = 0.03

function barMark({ x, width, runs }: Bar, y: number, linkOf: (runId: string) => string | null): Html {
  const worst =
    runs.find(({ outcome }) => outcome === 'failed') ?? runs.find(({ outcome }) => outcome === 'unknown') ?? runs[0]
  const css = worst?.outcome === 'failed' ? 'f' : worst?.outcome === 'unknown' ? 'u' : 's'
  const title =
    runs.length > 1
      ? countOf(runs.length, 'run', 'runs')
      : `${visibleText(cutMiddle(worst?.runId ?? '', 60))}, ${durationText(worst?.durationSecs)}`
  const count =
    runs.length > 1 && width > COUNT_SHARE
      ? html`<text class="on" x="${percentOf(x + width / 2)}" y="${y + 15}" text-anchor="middle">${runs.length}</text>`
      : null
  const diamond =
    css === 'f'
      ? html`<svg x="${percentOf(x + Math.min(width, 0.006) / 2)}" y="${y}" overflow="visible"><path class="f" d="M0 0l3 3-3 3-3-3z"/></svg>`
      : null
  const bar = html`<rect class="${css}" x="${percentOf(x)}" y="${y + 4}" width="${percentOf(width)}" height="${LANE - 8}" rx="2"><title>${title}</title></rect>${diamond}${count}`
  const href = worst ? linkOf(worst.runId) : null
  return href ? html`<a href="${href}" aria-label="${title}, ${worst?.outcome}">${bar}</a>` : bar
}

/** Returns a running run: its end is beyond the plot. */
function openBar({ runId, startedAt }: RunningWork, y: number, { scale, now }: OpenContext): Html {
  const x = Math.min(END_SHARE - MIN_SHARE, Math.max(0, scale(startedAt)))
  const forSecs = Math.max(0, (Date.parse(now) - Date.parse(startedAt)) / 1000)
  const title = `${visibleText(cutMiddle(runId, 60))}, running for ${durationText(forSecs)}`
  return html`<rect class="open" x="${percentOf(x)}" y="${y + 5}" width="${percentOf(1.1 - x)}" height="${LANE - 10}"><title>${title}</title></rect>`
}

interface OpenContext {
  readonly scale: Scale
  readonly now: string
}

/** Returns the flag of a due time; one that was missed is full. */
function flag({ at, isKept }: DueMark, y: number, { scale, clock }: FlagContext): Html {
  const title = `due ${clock.time(Date.parse(at))} ${clock.timeZone}, ${isKept ? 'kept' : 'missed'}`
  return html`<svg x="${percentOf(scale(at))}" y="${y}" overflow="visible"><path class="flag${isKept ? '' : ' missed'}" d="M0 ${LANE - 1}V1h6l-2 2.5 2 2.5h-6"><title>${title}</title></path></svg>`
}

interface FlagContext {
  readonly scale: Scale
  readonly clock: View['clock']
}

function overlapsOf(runs: readonly RunFacts[], scale: Scale): { readonly x: number; readonly width: number }[] {
  const spans = runs.toReversed().map((run) => spanOf(run, scale))
  let reached = Number.NEGATIVE_INFINITY
  const overlaps: { readonly x: number; readonly width: number }[] = []
  for (const { x, end } of spans) {
    const until = Math.min(reached, end)
    if (until - x >= MIN_SHARE / 3) overlaps.push({ x, width: until - x })
    reached = Math.max(reached, end)
  }
  return overlaps
}
