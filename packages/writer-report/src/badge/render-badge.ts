import type { PipelineList } from '@forge/writer-analytics'
import { assertOptions, option } from '@forge/writer-core/storage'
import { countText, visibleText } from '@forge/writer-core/text'
import { html } from '../text/html.ts'

export interface BadgeOptions {
  /** The text on the left. Default `pipelines`. */
  readonly label?: string | undefined
}

const COLOURS = { passing: '#0b7a5e', failing: '#b42a06', late: '#8a5a00', 'no data': '#5a6270' } as const

/** Renders the state of pipelines as a badge: an SVG that requests nothing. */
export function renderBadge({ pipelines }: PipelineList, options: BadgeOptions = {}): string {
  assertOptions('renderBadge', options, { label: option.string })
  const { label = 'pipelines' } = options
  const failed = pipelines.filter(({ state }) => state === 'failed').length
  const late = pipelines.filter(({ state }) => state === 'late').length
  const word = pipelines.length === 0 ? 'no data' : failed > 0 ? 'failing' : late > 0 ? 'late' : 'passing'
  const count = failed > 0 ? failed : late
  const text =
    count > 0 && pipelines.length > 1 ? `${countText(count)} of ${countText(pipelines.length)} ${word}` : word
  const left = visibleText(label).slice(0, 60)
  const [leftWidth, rightWidth] = [widthOf(left), widthOf(text)]
  const width = leftWidth + rightWidth
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" viewBox="0 0 ${width} 20" role="img" aria-label="${left}: ${text}"><title>${left}: ${text}</title><rect width="${width}" height="20" rx="3" fill="#40474f"/><path fill="${COLOURS[word]}" d="M${leftWidth} 0h${rightWidth - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-${rightWidth - 3}z"/><g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="${leftWidth / 2}" y="14" textLength="${leftWidth - 12}">${left}</text><text x="${leftWidth + rightWidth / 2}" y="14" textLength="${rightWidth - 12}">${text}</text></g></svg>`}\n`
}

function widthOf(text: string): number {
  return Math.round([...text].length * 6.6) + 14
}
