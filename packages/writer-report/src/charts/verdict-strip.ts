import { countOf } from '@forge/writer-core/text'
import type { StoredVerdict } from '@forge/writer-quality'
import { type Html, html, markup } from '../text/html.ts'

const BAR = 8
const GAP = 2
const HEIGHT = 28

/** Returns verdicts as bars, the oldest first: the height is the share of valid rows, a diamond marks a verdict that failed, and a hollow bar that nothing was judged. */
export function verdictStrip(verdicts: readonly StoredVerdict[]): Html {
  const width = verdicts.length * (BAR + GAP)
  const failed = verdicts.filter(({ verdict }) => verdict === 'failed').length
  const label = `${countOf(verdicts.length, 'verdict', 'verdicts')}, ${countOf(failed, 'failure', 'failures')}`
  const bars = verdicts.map((verdict, at) => barOf(verdict, at * (BAR + GAP))).join('')
  return html`<svg class="fixed" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${label}">${markup(bars)}</svg>`
}

function barOf({ verdict, validationRate }: StoredVerdict, x: number): string {
  const room = HEIGHT - 8
  const height = Math.max(4, Math.round(((validationRate ?? 0) / 100) * room))
  const y = HEIGHT - height
  if (verdict !== 'passed' && verdict !== 'failed')
    return `<rect class="u" x="${x + 0.5}" y="${y - 0.5}" width="${BAR - 1}" height="${height - 1}"/>`
  const isFailed = verdict === 'failed'
  const rect = `<rect class="${isFailed ? 'f' : 's'}" x="${x}" y="${y}" width="${BAR}" height="${height}" rx="1"/>`
  return isFailed ? `${rect}<path class="f" d="M${x + BAR / 2} 0l3.5 3.5-3.5 3.5-3.5-3.5z"/>` : rect
}
