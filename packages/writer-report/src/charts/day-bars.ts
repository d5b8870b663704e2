import { countOf, countText } from '@forge/writer-core/text'
import { scaleLinear } from 'd3-scale'
import { type Html, html, markup } from '../text/html.ts'
import { round } from './round.ts'

const WIDTH = 1180
const HEIGHT = 150
const LEFT = 54
const RIGHT = 10
const TOP = 12
const BOTTOM = 24

/** The runs of one day. */
export interface DayCount {
  /** The day as text for people. */
  readonly label: string
  readonly all: number
  readonly failed: number
}

/** Returns the counts of days as bars: the whole bar is the number of runs, and its lower part the number of failed ones. */
export function dayBars(days: readonly DayCount[], label: string): Html {
  const most = days.reduce((max, { all }) => Math.max(max, all), 1)
  const y = scaleLinear([0, most], [HEIGHT - BOTTOM, TOP]).nice(3)
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, days.length)
  const width = round(Math.max(1, Math.min(28, step * 0.75)))
  const ticks = y
    .ticks(3)
    .filter(Number.isInteger)
    .map((value) => {
      const at = round(y(value))
      return html`<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${countText(value)}</text>`
    })
  const bars = days.map(({ all, failed }, at) => {
    const x = round(LEFT + (at + 0.5) * step - width / 2)
    return barOf('rest', { x, width, top: y(all) }) + barOf('f', { x, width, top: failed === 0 ? HEIGHT : y(failed) })
  })
  const failed = days.reduce((sum, day) => sum + day.failed, 0)
  const title = `${label}: ${countOf(failed, 'failure', 'failures')} in ${countOf(days.length, 'day', 'days')}`
  return html`<svg class="wide" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${ticks}${markup(bars.join(''))}<text x="${LEFT}" y="${HEIGHT - 6}">${days[0]?.label ?? ''}</text>${days.length > 1 ? html`<text x="${WIDTH - RIGHT}" y="${HEIGHT - 6}" text-anchor="end">${days.at(-1)?.label ?? ''}</text>` : null}</svg>`
}

interface BarPlace {
  readonly x: number
  readonly width: number
  readonly top: number
}

function barOf(css: string, { x, width, top }: BarPlace): string {
  const height = round(HEIGHT - BOTTOM - top)
  return height <= 0 ? '' : `<rect class="${css}" x="${x}" y="${round(top)}" width="${width}" height="${height}"/>`
}
