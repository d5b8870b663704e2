import { cutMiddle, visibleText } from '@forge/writer-core/text'
import { type Html, html } from '../text/html.ts'

/** A chart with a row for each name: the names stay in place while the plot is moved on a narrow screen. */
export interface Lanes {
  readonly names: Html
  readonly plot: Html
  /** True if the start of the plot shows first. Default false: its end, which is the newest. */
  readonly showsStart?: boolean | undefined
}

export interface LaneName {
  readonly text: string
  readonly href: string | null
}

const MAX_NAME = 40
const MAX_TITLE = 200

/** Returns the names of the rows of a chart; `kind` names their height in the style sheet. */
export function laneNames(names: readonly LaneName[], kind: 'cells' | 'day' | 'run', head?: string | undefined): Html {
  const items = names.map(({ text, href }) => {
    const shown = visibleText(cutMiddle(text, MAX_NAME))
    const title = shown === text ? null : html` title="${visibleText(cutMiddle(text, MAX_TITLE))}"`
    return html`<li${title}>${href ? html`<a href="${href}">${shown}</a>` : shown}</li>`
  })
  return html`<ol class="names ${kind}">${head === undefined ? null : html`<li class="head">${head}</li>`}${items}</ol>`
}

/** Returns a share of the width of a plot as text. */
export function percentOf(share: number): string {
  return `${Number((100 * share).toFixed(2))}%`
}
