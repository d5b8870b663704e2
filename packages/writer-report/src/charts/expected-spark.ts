import { type Html, html } from '../text/html.ts'
import { round } from './round.ts'

const WIDTH = 110
const HEIGHT = 24

/** Returns values as a line over the range that was expected of the last one, which is drawn as a diamond. */
export function expectedSpark(
  values: readonly number[],
  { lower, upper }: { readonly lower: number; readonly upper: number },
): Html {
  const all = [...values, lower, upper]
  const least = all.reduce((min, value) => Math.min(min, value), Number.POSITIVE_INFINITY)
  const most = all.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY)
  const span = most - least || 1
  const y = (value: number) => round(HEIGHT - 4 - ((value - least) / span) * (HEIGHT - 8))
  const x = (at: number) => round(4 + (at / Math.max(1, values.length - 1)) * (WIDTH - 8))
  const line = values.map((value, at) => `${at === 0 ? 'M' : 'L'}${x(at)} ${y(value)}`).join('')
  const [endX, endY] = [x(values.length - 1), y(values.at(-1) ?? 0)]
  return html` <svg class="spark" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="the last values, over the expected range"><rect class="band" x="0" y="${y(upper)}" width="${WIDTH}" height="${round(Math.max(1, y(lower) - y(upper)))}"/><path class="line" d="${line}"/><path class="f" d="M${endX} ${endY - 4}l4 4-4 4-4-4z"/></svg>`
}
