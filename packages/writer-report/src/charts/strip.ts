import type { StripRun } from '@forge/writer-analytics'
import { countOf } from '@forge/writer-core/text'
import { type Html, html, markup } from '../text/html.ts'

const WIDTH = 210
const MAX_BAR = 9
const HEIGHT = 24

/** The place and width of a bar. */
interface Place {
  readonly x: number
  readonly width: number
}

/** Returns the last runs as bars: the height is the duration, a diamond marks a failure, and a hollow bar an unknown outcome. */
export function strip(runs: readonly StripRun[], slots = 30): Html {
  const longest = Math.max(0, ...runs.map(({ durationSecs }) => durationSecs ?? 0))
  const slot = Math.min(WIDTH / slots, MAX_BAR + 2)
  const width = Math.round(slots * slot)
  const wide = Number((slot > 4 ? slot - 2 : slot * 0.8).toFixed(2))
  const marks = runs
    .map((run, at) => {
      const x = Number(((slots - runs.length + at) * slot).toFixed(2))
      return bar(run, { x, width: wide }, longest)
    })
    .join('')
  const failed = runs.filter(({ outcome }) => outcome === 'failed').length
  const label = `${countOf(runs.length, 'run', 'runs')}, ${countOf(failed, 'failure', 'failures')}`
  return html`<svg class="strip" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${label}">${markup(marks)}</svg>`
}

function bar({ outcome, durationSecs }: StripRun, { x, width }: Place, longest: number): string {
  const share = longest > 0 && durationSecs !== null ? durationSecs / longest : 0.2
  const room = outcome === 'failed' ? HEIGHT - 7 : HEIGHT - 1
  const height = Math.max(3, Math.round(share * room))
  const y = HEIGHT - height
  if (outcome === 'unknown')
    return `<rect class="u" x="${x + Math.min(0.5, width / 4)}" y="${y - 0.5}" width="${width - Math.min(1, width / 2)}" height="${height - 1}"/>`
  const rect = `<rect class="${outcome === 'failed' ? 'f' : 's'}" x="${x}" y="${y}" width="${width}" height="${height}" rx="1"/>`
  const half = width > 4 ? 3 : 2
  return outcome === 'failed'
    ? `${rect}<path class="f" d="M${Number((x + width / 2).toFixed(2))} 0l${half} 3-${half} 3-${half}-3z"/>`
    : rect
}
