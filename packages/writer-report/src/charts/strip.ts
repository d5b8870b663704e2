import { type PipelineState, type StripMark, stripMarksOf } from '@forge/writer-analytics'
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

/**
 * Returns the last runs as bars: the height is the duration, a diamond marks a failure, a hollow bar an unknown outcome, and a dotted one a run that was
 * due and did not come.
 */
export function strip(state: Pick<PipelineState, 'strip' | 'missedAt'>, slots = 30): Html {
  const marks = stripMarksOf(state, slots)
  const longest = marks.reduce((most, { run }) => Math.max(most, run?.durationSecs ?? 0), 0)
  const slot = Math.min(WIDTH / slots, MAX_BAR + 2)
  const width = Math.round(slots * slot)
  const wide = Number((slot > 4 ? slot - 2 : slot * 0.8).toFixed(2))
  const bars = marks
    .map((mark, at) => {
      const x = Number(((slots - marks.length + at) * slot).toFixed(2))
      return bar(mark, { x, width: wide }, longest)
    })
    .join('')
  const count = (kind: StripMark['kind']) => marks.filter((mark) => mark.kind === kind).length
  const missed = count('missed')
  const label = `${countOf(marks.length - missed, 'run', 'runs')}, ${countOf(count('failed'), 'failure', 'failures')}${missed > 0 ? `, ${countOf(missed, 'missed run', 'missed runs')}` : ''}`
  return html`<svg class="strip" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${label}">${markup(bars)}</svg>`
}

function bar({ kind, run }: StripMark, { x, width }: Place, longest: number): string {
  const durationSecs = run?.durationSecs ?? null
  const share = kind === 'missed' ? 1 : longest > 0 && durationSecs !== null ? durationSecs / longest : 0.2
  const room = kind === 'failed' ? HEIGHT - 7 : HEIGHT - 1
  const height = Math.max(3, Math.round(share * room))
  const y = HEIGHT - height
  if (kind === 'unknown' || kind === 'missed')
    return `<rect class="${kind === 'missed' ? 'm' : 'u'}" x="${x + Math.min(0.5, width / 4)}" y="${y - 0.5}" width="${width - Math.min(1, width / 2)}" height="${height - 1}"/>`
  const rect = `<rect class="${kind === 'failed' ? 'f' : 's'}" x="${x}" y="${y}" width="${width}" height="${height}" rx="1"/>`
  const half = width > 4 ? 3 : 2
  return kind === 'failed'
    ? `${rect}<path class="f" d="M${Number((x + width / 2).toFixed(2))} 0l${half} 3-${half} 3-${half}-3z"/>`
    : rect
}
