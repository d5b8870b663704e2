import { percentText } from '@forge/writer-core/text'
import { scaleLinear } from 'd3-scale'
import { type Html, html } from '../text/html.ts'

const WIDTH = 580
const HEIGHT = 190
const LEFT = 58
const RIGHT = 84
const TOP = 12
const BOTTOM = 24

export interface DayPoint {
  readonly label: string
  /** Percent, 0-100; null breaks the line. */
  readonly value: number | null
}

/** Returns a percentage over time as a line, with the last value printed. The axis begins at the greatest multiple of 10 that shows every value. */
export function percentSeries(points: readonly DayPoint[], label: string): Html {
  const values = points.flatMap(({ value }) => value ?? [])
  const low = Math.min(90, Math.floor(Math.min(100, ...values) / 10) * 10)
  const y = scaleLinear([low, 100], [HEIGHT - BOTTOM, TOP])
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, points.length - 1)
  const x = (at: number) => Number((LEFT + at * step).toFixed(1))
  const up = (value: number) => Number(y(value).toFixed(1))
  const ticks = y
    .ticks(4)
    .map(
      (value) =>
        html`<path class="grid" d="M${LEFT} ${up(value)}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${up(value) + 4}" text-anchor="end">${value} %</text>`,
    )
  let path = ''
  let isOpen = false
  const dots: Html[] = []
  for (const [at, { value }] of points.entries()) {
    if (value !== null) {
      path += `${isOpen ? 'L' : 'M'}${x(at)} ${up(value)}`
      if (!isOpen) dots.push(html`<circle class="s" cx="${x(at)}" cy="${up(value)}" r="2"/>`)
    }
    isOpen = value !== null
  }
  const last = points.findLast(({ value }) => value !== null)
  const printed =
    last?.value === null || last?.value === undefined
      ? null
      : html`<text class="strong" x="${WIDTH - RIGHT + 6}" y="${up(last.value) + 4}">${percentText(last.value)}</text>`
  return html`<svg class="series" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${ticks}<path class="line" d="${path}"/>${dots}${printed}<text x="${LEFT}" y="${HEIGHT - 6}">${points[0]?.label ?? ''}</text>${points.length > 1 ? html`<text x="${WIDTH - RIGHT}" y="${HEIGHT - 6}" text-anchor="end">${points.at(-1)?.label ?? ''}</text>` : null}</svg>`
}
