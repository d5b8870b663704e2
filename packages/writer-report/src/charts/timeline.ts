import type { RunFacts } from '@forge/writer-analytics'
import { countOf, cutMiddle, durationText, visibleText } from '@forge/writer-core/text'
import { scaleUtc } from 'd3-scale'
import type { DueMark, ReportTimeline, RunningWork } from '../model/report-model.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'
import { round } from './round.ts'

const WIDTH = 1000
const LABEL = 170
const LANE = 22
const TOP = 20
const MIN_BAR = 3
const MAX_LANES = 24

interface Bar {
  readonly x: number
  readonly width: number
  readonly runs: readonly RunFacts[]
}

/** The facts that are shown next to the runs. */
export interface Lanes {
  readonly timeline: ReportTimeline
  /** The pipelines, in the order of their list. */
  readonly order: readonly string[]
  /** The runs that are running. */
  readonly going: readonly RunningWork[]
}

/** Returns the lanes of a timeline: the pipelines that ran, run or were due, in the order of the list of pipelines; at most 24. */
export function lanesOf({ timeline: { runs, due }, order, going }: Lanes): {
  readonly names: readonly string[]
  readonly others: number
} {
  const ran = new Set([...[...runs, ...due].map(({ pipeline }) => pipeline), ...going.map((run) => run.pipelineId)])
  const names = [...order.filter((name) => ran.has(name)), ...[...ran].filter((name) => !order.includes(name))]
  return { names: names.slice(0, MAX_LANES), others: Math.max(0, names.length - MAX_LANES) }
}

/**
 * Returns the runs of the last day: a lane for each pipeline, a bar for each run; dense runs become one bar with their count, overlaps are hatched,
 * running runs are open at their end, and due times are flags.
 */
export function timelineChart({ timeline, going }: Omit<Lanes, 'order'>, lanes: readonly string[], view: View): Html {
  const { clock, links } = view
  const scale = scaleUtc([new Date(timeline.from), new Date(timeline.to)], [LABEL, WIDTH - 4])
  const height = TOP + lanes.length * LANE + 4
  const hours = Array.from({ length: 8 }, (_none, at) => Date.parse(timeline.from) + (at + 1) * 3 * 3_600_000)
  const ticks = hours.slice(0, -1).map((ms) => {
    const x = round(scale(new Date(ms)))
    return html`<path class="grid" d="M${x} ${TOP - 4}V${height}"/><text x="${x}" y="12" text-anchor="middle">${clock.time(ms)}</text>`
  })
  const rows = lanes.map((pipeline, at) => {
    const y = TOP + at * LANE
    const open = going.filter((run) => run.pipelineId === pipeline)
    const isOpen = new Set(open.map(({ runId }) => runId))
    const own = timeline.runs.filter((run) => run.pipeline === pipeline && !isOpen.has(run.runId))
    const name = html`<text x="${LABEL - 8}" y="${y + 15}" text-anchor="end">${visibleText(cutMiddle(pipeline, 24))}</text>`
    const href = links.pipeline(pipeline)
    const bars = barsOf(own, scale).map((bar) => barMark(bar, y, links.run))
    const overlaps = overlapsOf(own, scale).map(
      ({ x, width }) => html`<rect class="hatch" x="${x}" y="${y + 4}" width="${width}" height="${LANE - 8}"/>`,
    )
    const ends = open.map((run) => openBar(run, y, { scale, now: timeline.to }))
    const flags = timeline.due.filter((each) => each.pipeline === pipeline).map((due) => flag(due, y, { scale, clock }))
    return html`<path class="lane" d="M${LABEL} ${y + LANE}H${WIDTH}"/>${href ? html`<a href="${href}">${name}</a>` : name}${bars}${ends}${overlaps}${flags}`
  })
  const now = html`<path class="now" d="M${WIDTH - 4} ${TOP - 6}V${height}"/><text x="${WIDTH - 4}" y="12" text-anchor="end">now</text>`
  return html`<svg class="wide" viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="Runs of the last 24 hours, by pipeline">${ticks}${rows}${now}</svg>`
}

type Scale = (at: Date) => number

function spanOf({ startedAt, endedAt }: RunFacts, scale: Scale): { readonly x: number; readonly end: number } {
  const start = scale(new Date(startedAt ?? 0))
  const end = scale(new Date(endedAt ?? startedAt ?? 0))
  return { x: Math.max(LABEL, start), end: Math.min(WIDTH - 4, Math.max(end, start)) }
}

/** Merges short bars that would touch. */
function barsOf(runs: readonly RunFacts[], scale: Scale): Bar[] {
  const bars: Bar[] = []
  for (const run of runs.toReversed()) {
    const { x, end } = spanOf(run, scale)
    const width = Math.max(MIN_BAR, end - x)
    const last = bars.at(-1)
    const isDense =
      last && width <= 2 * MIN_BAR && x < last.x + last.width + 1 && (last.runs.length > 1 || last.width <= 2 * MIN_BAR)
    if (isDense)
      bars[bars.length - 1] = { x: last.x, width: Math.max(last.width, x + width - last.x), runs: [...last.runs, run] }
    else bars.push({ x, width, runs: [run] })
  }
  return bars
}

function barMark({ x, width, runs }: Bar, y: number, linkOf: (runId: string) => string | null): Html {
  const worst =
    runs.find(({ outcome }) => outcome === 'failed') ?? runs.find(({ outcome }) => outcome === 'unknown') ?? runs[0]
  const css = worst?.outcome === 'failed' ? 'f' : worst?.outcome === 'unknown' ? 'u' : 's'
  const title =
    runs.length > 1
      ? countOf(runs.length, 'run', 'runs')
      : `${visibleText(cutMiddle(worst?.runId ?? '', 60))}, ${durationText(worst?.durationSecs)}`
  const count =
    runs.length > 1 && width > 16
      ? html`<text class="on" x="${round(x + width / 2)}" y="${y + 15}" text-anchor="middle">${runs.length}</text>`
      : null
  const cross = css === 'f' ? html`<path class="f" d="M${round(x + Math.min(width, 6) / 2)} ${y}l3 3-3 3-3-3z"/>` : null
  const bar = html`<rect class="${css}" x="${round(x)}" y="${y + 4}" width="${round(width)}" height="${LANE - 8}" rx="2"><title>${title}</title></rect>${cross}${count}`
  const href = worst ? linkOf(worst.runId) : null
  return href ? html`<a href="${href}" aria-label="${title}, ${worst?.outcome}">${bar}</a>` : bar
}

/** Returns a running run: its end is open. */
function openBar({ runId, startedAt }: RunningWork, y: number, { scale, now }: OpenContext): Html {
  const x = round(Math.min(WIDTH - 4 - MIN_BAR, Math.max(LABEL, scale(new Date(startedAt)))))
  const forSecs = Math.max(0, (Date.parse(now) - Date.parse(startedAt)) / 1000)
  const title = `${visibleText(cutMiddle(runId, 60))}, running for ${durationText(forSecs)}`
  return html`<path class="open" d="M${WIDTH - 4} ${y + 5}H${x}V${y + LANE - 5}H${WIDTH - 4}"><title>${title}</title></path>`
}

interface OpenContext {
  readonly scale: Scale
  readonly now: string
}

/** Returns the flag of a due time; one that was missed is full. */
function flag({ at, isKept }: DueMark, y: number, { scale, clock }: FlagContext): Html {
  const x = round(scale(new Date(at)))
  const title = `due ${clock.time(Date.parse(at))} ${clock.timeZone}, ${isKept ? 'kept' : 'missed'}`
  return html`<path class="flag${isKept ? '' : ' missed'}" d="M${x} ${y + LANE - 1}V${y + 1}h6l-2 2.5 2 2.5h-6"><title>${title}</title></path>`
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
    if (until - x >= 1) overlaps.push({ x: round(x), width: round(until - x) })
    reached = Math.max(reached, end)
  }
  return overlaps
}
