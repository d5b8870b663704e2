import type { RunOutcome } from '@forge/writer-analytics'
import { scaleLinear } from 'd3-scale'
import { type Html, html, markup } from '../text/html.ts'
import { round } from './round.ts'

/** One run in a series of figures. */
export interface SeriesPoint {
  /** The start of the run, as text. */
  readonly label: string
  readonly value: number | null
  readonly outcome: RunOutcome
  /** The expected range; undefined if it is unknown. */
  readonly expected?: ExpectedRange | undefined
  /** True if the series has a new level from here on. */
  readonly isShift?: boolean | undefined
}

/** The range of values that are not a finding. */
export interface ExpectedRange {
  readonly lower: number
  /** Null if no value is too high. */
  readonly upper: number | null
}

export interface SeriesOptions {
  readonly label: string
  readonly format: (value: number) => string
  /** The unit of the axis, by the greatest value. Default: the values as `format` prints them. */
  readonly unitOf?: ((max: number) => { readonly name: string; readonly secs: number }) | undefined
  /** Lines across the chart, such as the median. */
  readonly lines?: readonly { readonly label: string; readonly value: number | null }[] | undefined
  readonly kind?: 'dots' | 'bars' | undefined
}

const WIDTH = 580
const HEIGHT = 190
const LEFT = 58
const RIGHT = 132
const TOP = 12
const BOTTOM = 24

/** Returns a figure of each run, the oldest first: dots or bars, lines with their labels, and the last value printed. */
export function runSeries(
  points: readonly SeriesPoint[],
  { label, format, lines = [], kind = 'dots', unitOf }: SeriesOptions,
): Html {
  const values = [...points.map(({ value }) => value), ...lines.map(({ value }) => value)].filter(
    (value) => value !== null,
  )
  const greatest = Math.max(0, ...values)
  // A range may be much wider than the values. Only the part near the values is shown.
  const uppers = points.flatMap(({ expected }) => Math.min(expected?.upper ?? 0, 1.25 * greatest))
  const most = Math.max(greatest, ...uppers) || 1
  const unit = unitOf?.(most) ?? { name: '', secs: 1 }
  const axis = scaleLinear([0, most / unit.secs], [HEIGHT - BOTTOM, TOP]).nice(4)
  const y = (value: number) => axis(value / unit.secs)
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, points.length)
  const xOf = (at: number) => round(LEFT + (at + 0.5) * step)
  const ticks = axis.ticks(4).map((value) => {
    const at = round(axis(value))
    return html`<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${value === 0 ? '0' : unitOf ? `${value} ${unit.name}` : format(value)}</text>`
  })
  const places = points.flatMap(({ value, outcome }, at): MarkPlace[] =>
    value === null ? [] : [{ x: xOf(at), y: round(y(value)), width: Math.min(14, step * 0.7), outcome }],
  )
  const place = { xOf, yOf: (value: number) => round(y(Math.min(most, value))), step }
  const range = bandPath(points, place)
  const band = range === '' ? '' : `<path class="band" d="${range}"/>`
  const extras = outsideMarks(points, place) + shiftMarks(points, place)
  const marks = kind === 'bars' ? places.map(barMark).join('') : dotMarks(places)
  const last = points.findLastIndex(({ value }) => value !== null)
  const lastValue = points[last]?.value ?? null
  const texts = [
    ...lines.flatMap(({ label: name, value }) =>
      value === null ? [] : [{ y: y(value), text: `${name} ${format(value)}`, isLine: true }],
    ),
    ...(lastValue === null ? [] : [{ y: y(lastValue), text: `last ${format(lastValue)}`, isLine: false }]),
  ]
  const labels = spread(texts).map(
    ({ at, y: textY, text, isLine }) =>
      html`${isLine ? html`<path class="ref" d="M${LEFT} ${round(at)}H${WIDTH - RIGHT}"/>` : null}<text class="${isLine ? '' : 'strong'}" x="${WIDTH - RIGHT + 6}" y="${round(textY) + 4}">${text}</text>`,
  )
  const [first, end] = [points[0], points.at(-1)]
  const dates = html`<text x="${LEFT}" y="${HEIGHT - 6}">${first?.label ?? ''}</text>${points.length > 1 ? html`<text x="${WIDTH - RIGHT}" y="${HEIGHT - 6}" text-anchor="end">${end?.label ?? ''}</text>` : null}`
  return html`<svg class="series" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${ticks}${markup(band + marks + extras)}${labels}${dates}</svg>`
}

interface Place {
  readonly xOf: (at: number) => number
  readonly yOf: (value: number) => number
  /** The width of a point. */
  readonly step: number
}

/** Returns the ranges of points as an area for each stretch of points that have one. */
function bandPath(points: readonly SeriesPoint[], { xOf, yOf, step }: Place): string {
  let path = ''
  for (let from = 0; from < points.length; from++) {
    if (!points[from]?.expected) continue
    let end = from
    while (points[end + 1]?.expected) end++
    const edge = (at: number) => round(Math.min(step / 2, 6) * (at === from ? -1 : at === end ? 1 : 0))
    const stretch = points.slice(from, end + 1).map(({ expected }, at) => ({ expected, at: from + at }))
    const top = stretch.map(
      ({ expected, at }) =>
        `${round(xOf(at) + edge(at))} ${expected?.upper === null ? TOP : yOf(expected?.upper ?? 0)}`,
    )
    const bottom = stretch.map(({ expected, at }) => `${round(xOf(at) + edge(at))} ${yOf(expected?.lower ?? 0)}`)
    path += `M${top.join('L')}L${bottom.reverse().join('L')}z`
    from = end
  }
  return path
}

/** Returns a ring around each point that is outside of its range. */
function outsideMarks(points: readonly SeriesPoint[], { xOf, yOf }: Place): string {
  const rings = points.map(({ value, expected }, at) =>
    value === null || !expected || isWithin(value, expected)
      ? ''
      : `M${round(xOf(at) - 7)} ${yOf(value)}a7 7 0 1 0 14 0a7 7 0 1 0-14 0`,
  )
  const path = rings.join('')
  return path === '' ? '' : `<path class="ring" d="${path}"/>`
}

/** Returns whether a value is in the range that was expected of it. */
function isWithin(value: number, { lower, upper }: ExpectedRange): boolean {
  return value >= lower && (upper === null || value <= upper)
}

/** Returns a line before each point that begins a new level. */
function shiftMarks(points: readonly SeriesPoint[], { xOf, step }: Place): string {
  const lines = points.map(({ isShift }, at) =>
    isShift ? `M${round(xOf(at) - step / 2)} ${TOP}V${HEIGHT - BOTTOM}` : '',
  )
  const path = lines.join('')
  return path === '' ? '' : `<path class="shift" d="${path}"/>`
}

interface MarkPlace {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly outcome: RunOutcome
}

function barMark({ x, y, width, outcome }: MarkPlace): string {
  const height = round(Math.max(1, HEIGHT - BOTTOM - y))
  return `<rect class="${CLASSES[outcome]}" x="${round(x - width / 2)}" y="${y}" width="${round(width)}" height="${height}" rx="1"/>`
}

/** Draws all dots of one outcome as one path: lines without length have round ends. */
function dotMarks(places: readonly MarkPlace[]): string {
  const of = (outcome: RunOutcome) => places.filter((place) => place.outcome === outcome)
  const dots = of('succeeded').map(({ x, y }) => `M${x} ${y}h0`)
  const rings = of('unknown').map(({ x, y }) => `M${x - 3.5} ${y}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0`)
  const diamonds = of('failed').map(({ x, y }) => `M${x} ${round(y - 5)}l5 5-5 5-5-5z`)
  const paths = { dot: dots.join(''), u: rings.join(''), f: diamonds.join('') }
  return Object.entries(paths)
    .map(([css, path]) => (path === '' ? '' : `<path class="${css}" d="${path}"/>`))
    .join('')
}

const CLASSES: Readonly<Record<RunOutcome, string>> = { succeeded: 's', failed: 'f', unknown: 'u' }

/** Moves labels apart that would cover each other. */
function spread<Label extends { readonly y: number }>(labels: readonly Label[]): (Label & { readonly at: number })[] {
  const sorted = labels.toSorted((a, b) => a.y - b.y)
  let free = TOP
  const placed = sorted.map((label) => {
    const y = Math.max(free, label.y)
    free = y + 14
    return { ...label, at: label.y, y }
  })
  // What was pushed beyond the bottom moves up again.
  let room = HEIGHT - BOTTOM
  for (let at = placed.length - 1; at >= 0; at--) {
    const label = placed[at]
    if (!label || label.y <= room) break
    placed[at] = { ...label, y: room }
    room -= 14
  }
  return placed
}
