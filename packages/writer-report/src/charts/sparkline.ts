import { type Html, html } from '../text/html.ts'
import { round } from './round.ts'

const WIDTH = 90
const HEIGHT = 18

/** Returns a series of counts as small bars, without an axis; the label says what they are. */
export function sparkline(values: readonly number[], label: string): Html {
  const most = values.reduce((max, value) => Math.max(max, value), 1)
  const step = WIDTH / Math.max(1, values.length)
  const path = values
    .map((value, at) => {
      if (value <= 0) return ''
      const height = Math.max(1.5, (value / most) * HEIGHT)
      return `M${round((at + 0.5) * step)} ${HEIGHT}v${round(-height)}`
    })
    .join('')
  return html`<svg class="spark" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}"><path class="grid" d="M0 ${HEIGHT - 0.5}H${WIDTH}"/><path class="fs" stroke-width="${round(Math.max(1, step * 0.7))}" d="${path}"/></svg>`
}
