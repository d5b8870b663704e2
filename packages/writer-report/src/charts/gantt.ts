import type { RunViewed, ViewedStep } from '@forge/writer-analytics'
import { didNotRun } from '@forge/writer-core'
import { durationText, durationUnit, visibleText } from '@forge/writer-core/text'
import { scaleLinear } from 'd3-scale'
import { type Lanes, laneNames, percentOf } from '../parts/lanes.ts'
import type { PageView } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'
import { wordsOf } from '../text/words.ts'
import { round } from './round.ts'

const ROW = 20
const TOP = 20
const CURVE = 44
const MAX_ROWS = 60
/** The share of the plot in which bars are; the rest is for the duration of the last one. */
const BARS_SHARE = 0.82
/** The share from which the word of a step that did not run stands before its mark. */
const LATE_SHARE = 0.6
const CURVE_WIDTH = 1000

/** Chooses the steps of a chart: those that failed, those on the critical path, and the longest others; at most 60, in order of start. */
export function ganttSteps(steps: readonly ViewedStep[]): readonly ViewedStep[] {
  const timed = steps.filter(({ startedAt }) => startedAt !== null)
  if (timed.length <= MAX_ROWS) return timed
  const weight = ({ success, isCritical, durationSecs }: ViewedStep) =>
    (success === false ? 2e12 : 0) + (isCritical ? 1e12 : 0) + (durationSecs ?? 0)
  const chosen = new Set(timed.toSorted((a, b) => weight(b) - weight(a)).slice(0, MAX_ROWS))
  return timed.filter((step) => chosen.has(step))
}

/**
 * Returns the steps of a run over time: the critical path is outlined, waiting on it is hatched, and the curve beneath is how many steps ran at once.
 * The plot is as wide as its place.
 */
export function gantt(view: RunViewed, steps: readonly ViewedStep[], { links }: PageView): Lanes {
  const times = view.steps
    .flatMap(({ startedAt, endedAt }) => [Date.parse(startedAt ?? ''), Date.parse(endedAt ?? startedAt ?? '')])
    .filter((ms) => !Number.isNaN(ms))
  const from = times.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY)
  const to = times.reduce((most, ms) => Math.max(most, ms), Number.NEGATIVE_INFINITY)
  const spanSecs = Math.max(0.001, (to - from) / 1000)
  const shareOf = (seconds: number) => (BARS_SHARE * seconds) / spanSecs
  const at = (iso: string | null) => (iso === null ? 0 : shareOf((Date.parse(iso) - from) / 1000))
  const bottom = TOP + steps.length * ROW + 4
  const hasCurve = view.concurrency.length > 2
  const height = bottom + (hasCurve ? CURVE + 6 : 0)
  const unit = durationUnit(spanSecs)
  const ticks = scaleLinear([0, spanSecs / unit.secs], [0, 1])
    .ticks(5)
    .map((value, index) => {
      const x = percentOf(shareOf(value * unit.secs))
      const anchor = index === 0 ? 'start' : 'middle'
      return html`<line class="grid" x1="${x}" x2="${x}" y1="${TOP - 4}" y2="${bottom}"/><text x="${x}" y="12" text-anchor="${anchor}">${value === 0 ? '0' : `${value} ${unit.name}`}</text>`
    })
  const rows = steps.map((step, index) => row(step, TOP + index * ROW, { at, shareOf }))
  const names = steps.map(({ phase, step }) => ({
    text: `${phase}/${step}`,
    href: links.step(view.run.pipeline, phase, step),
  }))
  return {
    names: laneNames(names, 'run'),
    showsStart: true,
    plot: html`<svg class="plot steps" width="100%" height="${height}" role="group" aria-label="Steps of the run over time">${ticks}${rows}${hasCurve ? curve(view, at, bottom) : null}</svg>`,
  }
}

interface RowContext {
  readonly at: (iso: string | null) => number
  readonly shareOf: (seconds: number) => number
}

function row(step: ViewedStep, y: number, { at, shareOf }: RowContext): Html {
  const { startedAt, endedAt, waitSecs, attempts, isCritical } = step
  const x = at(startedAt)
  const width = Math.max(0.002, (endedAt === null ? x : at(endedAt)) - x)
  const isOut = didNotRun(step.status)
  const css = isOut ? 'k' : step.success === false ? 'f' : step.success === null ? 'u' : 's'
  const wait = waitSecs === null ? 0 : shareOf(waitSecs)
  const text = isOut
    ? wordsOf(step.status)
    : `${durationText(step.durationSecs)}${attempts > 1 ? `, ${attempts} tries` : ''}`
  const label =
    isOut && x > LATE_SHARE
      ? html`<text x="${percentOf(x)}" dx="-5" y="${y + 14}" text-anchor="end">${visibleText(text)}</text>`
      : html`<text x="${percentOf(x + width)}" dx="5" y="${y + 14}">${visibleText(text)}</text>`
  const diamond =
    css === 'f'
      ? html`<svg x="${percentOf(x)}" y="${y}" overflow="visible"><path class="f" d="M0 0l3 3-3 3-3-3z"/></svg>`
      : null
  const waited =
    wait >= 0.001
      ? html`<rect class="hatch" x="${percentOf(x - wait)}" y="${y + 7}" width="${percentOf(wait)}" height="${ROW - 14}"/>`
      : null
  return html`${waited}<rect class="${css}${isCritical ? ' crit' : ''}" x="${percentOf(x)}" y="${y + 3}" width="${percentOf(width)}" height="${ROW - 6}" rx="2"/>${diamond}${label}`
}

function curve({ concurrency }: RunViewed, at: (iso: string) => number, bottom: number): Html {
  const most = concurrency.reduce((max, { running }) => Math.max(max, running), 1)
  const x = (iso: string) => round(at(iso) * CURVE_WIDTH)
  const y = (running: number) => round(CURVE - (running / most) * (CURVE - 14))
  const path = concurrency
    .map((point, index) => `${index === 0 ? `M${x(point.at)} ${CURVE}` : `H${x(point.at)}`}V${y(point.running)}`)
    .join('')
  return html`<svg x="0" y="${bottom}" width="100%" height="${CURVE}" viewBox="0 0 ${CURVE_WIDTH} ${CURVE}" preserveAspectRatio="none"><path class="area" d="${path}V${CURVE}z"/></svg><text x="0" y="${bottom + 10}">steps at once, at most ${most}</text>`
}
