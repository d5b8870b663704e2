import type { StripRun } from '@forge/writer-analytics'
import { countOf } from '@forge/writer-core/text'
import { type Html, html, markup } from '../text/html.ts'

const BAR = 5
const GAP = 2
const HEIGHT = 24

/** Returns the last runs as bars: the height is the duration, a diamond marks a failure, and a hollow bar an unknown outcome. */
export function strip(runs: readonly StripRun[], slots = 30): Html {
  const longest = Math.max(0, ...runs.map(({ durationSecs }) => durationSecs ?? 0))
  const width = slots * (BAR + GAP)
  const marks = runs.map((run, at) => bar(run, (slots - runs.length + at) * (BAR + GAP), longest)).join('')
  const failed = runs.filter(({ outcome }) => outcome === 'failed').length
  const label = `${countOf(runs.length, 'run', 'runs')}, ${countOf(failed, 'failure', 'failures')}`
  return html`<svg class="strip" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${label}">${markup(marks)}</svg>`
}

function bar({ outcome, durationSecs }: StripRun, x: number, longest: number): string {
  const share = longest > 0 && durationSecs !== null ? durationSecs / longest : 0.2
  const room = outcome === 'failed' ? HEIGHT - 7 : HEIGHT - 1
  const height = Math.max(3, Math.round(share * room))
  const y = HEIGHT - height
  if (outcome === 'unknown')
    return `<rect class="u" x="${x + 0.5}" y="${y - 0.5}" width="${BAR - 1}" height="${height - 1}"/>`
  const rect = `<rect class="${outcome === 'failed' ? 'f' : 's'}" x="${x}" y="${y}" width="${BAR}" height="${height}" rx="1"/>`
  return outcome === 'failed' ? `${rect}<path class="f" d="M${x + 2.5} 0l3 3-3 3-3-3z"/>` : rect
}
