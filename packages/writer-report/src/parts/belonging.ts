import { firstLine, visibleText } from '@forge/writer-core/text'
import { type Html, html } from '../text/html.ts'

/** Returns the owner and tags of something in small letters. */
export function belonging(owner: string | null, tags: readonly string[]): Html | null {
  if (owner === null && tags.length === 0) return null
  const shown = tags.slice(0, 3).map((tag) => html` <span class="tag">${visibleText(firstLine(tag, 24))}</span>`)
  return html`<span class="sub">${owner === null ? null : html`<bdi>${visibleText(firstLine(owner, 30))}</bdi>`}${shown}${tags.length > 3 ? ' …' : null}</span>`
}
