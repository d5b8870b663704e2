import { didNotRun, type RunViewed, type ViewedStep } from '@forge/writer-analytics'
import { cutMiddle, durationText, durationUnit, visibleText } from '@forge/writer-core/text'
import { scaleLinear } from 'd3-scale'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'
import { round } from './round.ts'

const WIDTH = 1000
const LABEL = 240
const END = 130
const ROW = 20
const TOP = 20
const CURVE = 44
const MAX_ROWS = 60

/** Chooses the steps of a chart: those that failed, those on the critical path, and the longest others; at most 60, in order of start. */
export function ganttSteps(steps: readonly ViewedStep[]): readonly ViewedStep[] {
  const timed = steps.filter(({ startedAt }) => startedAt !== null)
  if (timed.length <= MAX_ROWS) return timed
  const weight = ({ success, isCritical, durationSecs }: ViewedStep) =>
    (success === false ? 2e12 : 0) + (isCritical ? 1e12 : 0) + (durationSecs ?? 0)
  const chosen = new Set(timed.toSorted((a, b) => weight(b) - weight(a)).slice(0, MAX_ROWS))
  return timed.filter((step) => chosen.has(step))
}

/** Returns the steps of a run over time: the critical path is outlined, waiting on it is hatched, and the curve beneath is how many steps ran at once. */
export function gantt(view: RunViewed, steps: readonly ViewedStep[], { links }: View): Html {
  const times = view.steps
    .flatMap(({ startedAt, endedAt }) => [Date.parse(startedAt ?? ''), Date.parse(endedAt ?? startedAt ?? '')])
    .filter((ms) => !Number.isNaN(ms))
  const from = times.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY)
  const to = times.reduce((most, ms) => Math.max(most, ms), Number.NEGATIVE_INFINITY)
  const spanSecs = Math.max(0.001, (to - from) / 1000)
  const scale = scaleLinear([0, spanSecs], [LABEL, WIDTH - END])
  const at = (iso: string | null) => round(scale((Date.parse(iso ?? '') - from) / 1000))
  const bottom = TOP + steps.length * ROW + 4
  const hasCurve = view.concurrency.length > 2
  const height = bottom + (hasCurve ? CURVE + 6 : 0)
  const unit = durationUnit(spanSecs)
  const ticks = scaleLinear([0, spanSecs / unit.secs], [LABEL, WIDTH - END])
    .ticks(6)
    .map((value) => {
      const x = round(scale(value * unit.secs))
      return html`<path class="grid" d="M${x} ${TOP - 4}V${bottom}"/><text x="${x}" y="12" text-anchor="middle">${value} ${unit.name}</text>`
    })
  const rows = steps.map((step, index) =>
    row(step, TOP + index * ROW, {
      at,
      href: links.step(view.run.pipeline, step.phase, step.step),
      pxPerSec: (WIDTH - END - LABEL) / spanSecs,
    }),
  )
  return html`<svg class="wide" viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="Steps of the run over time">${ticks}${rows}${hasCurve ? curve(view, at, bottom) : null}</svg>`
}

interface RowContext {
  readonly at: (iso: string | null) => number
  readonly href: string | null
  readonly pxPerSec: number
}

function row(step: ViewedStep, y: number, { at, href, pxPerSec }: RowContext): Html {
  const x = at(step.startedAt)
  const width = Math.max(2, (step.endedAt === null ? x : at(step.endedAt)) - x)
  const css = didNotRun(step.status) ? 'k' : step.success === false ? 'f' : step.success === null ? 'u' : 's'
  const wait = step.waitSecs !== null && step.waitSecs * pxPerSec >= 1 ? round(step.waitSecs * pxPerSec) : 0
  const name = html`<text x="${LABEL - 8}" y="${y + 14}" text-anchor="end">${visibleText(cutMiddle(`${step.phase}/${step.step}`, 34))}</text>`
  const end = didNotRun(step.status)
    ? step.status
    : `${durationText(step.durationSecs)}${step.attempts > 1 ? `, ${step.attempts} tries` : ''}`
  const cross = css === 'f' ? html`<path class="f" d="M${x} ${y}l3 3-3 3-3-3z"/>` : null
  return html`${href ? html`<a href="${href}">${name}</a>` : name}${wait > 0 ? html`<rect class="hatch" x="${round(x - wait)}" y="${y + 7}" width="${wait}" height="${ROW - 14}"/>` : null}<rect class="${css}${step.isCritical ? ' crit' : ''}" x="${x}" y="${y + 3}" width="${round(width)}" height="${ROW - 6}" rx="2"/>${cross}<text x="${round(x + width + 5)}" y="${y + 14}">${visibleText(end)}</text>`
}

function curve({ concurrency }: RunViewed, at: (iso: string) => number, bottom: number): Html {
  const most = concurrency.reduce((max, { running }) => Math.max(max, running), 1)
  const base = bottom + CURVE
  const y = (running: number) => round(base - (running / most) * (CURVE - 14))
  const path = concurrency
    .map((point, index) => `${index === 0 ? `M${at(point.at)} ${base}` : `H${at(point.at)}`}V${y(point.running)}`)
    .join('')
  return html`<path class="area" d="${path}V${base}z"/><text x="${LABEL - 8}" y="${base - 4}" text-anchor="end">steps at once, at most ${most}</text>`
}
