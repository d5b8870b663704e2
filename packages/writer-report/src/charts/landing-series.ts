import { scaleLinear } from 'd3-scale'
import { type Html, html, markup } from '../text/html.ts'
import { round } from './round.ts'

const WIDTH = 580
const HEIGHT = 190
const LEFT = 54
const RIGHT = 84
const TOP = 12
const BOTTOM = 24
const DAY = 1440

export interface LandingPoint {
  readonly label: string
  /** Minutes since midnight. */
  readonly minutes: number
}

/** Returns times of the day as dots, with the time at which they are due as a line; dots after it are diamonds. */
export function landingSeries(points: readonly LandingPoint[], due: number): Html {
  const all = [...points.map(({ minutes }) => minutes), due]
  const low = Math.max(0, Math.floor((Math.min(...all) - 30) / 60) * 60)
  const high = Math.min(DAY, Math.ceil((Math.max(...all) + 30) / 60) * 60)
  const y = scaleLinear([low, high], [HEIGHT - BOTTOM, TOP])
  const hours = (high - low) / 60
  const every = hours > 12 ? 240 : hours > 6 ? 120 : hours > 3 ? 60 : 30
  const ticks: Html[] = []
  for (let minutes = Math.ceil(low / every) * every; minutes <= high; minutes += every) {
    const at = round(y(minutes))
    ticks.push(
      html`<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${timeOf(minutes)}</text>`,
    )
  }
  const step = (WIDTH - LEFT - RIGHT) / points.length
  const places = points.map(({ minutes }, at) => ({
    x: round(LEFT + (at + 0.5) * step),
    y: round(y(minutes)),
    isLate: minutes > due,
  }))
  const kept = places.filter(({ isLate }) => !isLate).map(({ x, y: top }) => `M${x} ${top}h0`)
  const late = places.filter(({ isLate }) => isLate).map(({ x, y: top }) => `M${x} ${round(top - 5)}l5 5-5 5-5-5z`)
  const marks = `<path class="dot" d="${kept.join('')}"/><path class="f" d="${late.join('')}"/>`
  const at = round(y(due))
  return html`<svg class="series" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Time of day at which the data was there">${ticks}<path class="ref" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${WIDTH - RIGHT + 6}" y="${at + 4}">due ${timeOf(due)}</text>${markup(marks)}<text x="${LEFT}" y="${HEIGHT - 6}">${points[0]?.label ?? ''}</text>${points.length > 1 ? html`<text x="${WIDTH - RIGHT}" y="${HEIGHT - 6}" text-anchor="end">${points.at(-1)?.label ?? ''}</text>` : null}</svg>`
}

function timeOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
