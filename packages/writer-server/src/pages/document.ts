import { visibleText } from '@forge/writer-core/text'
import { type Clock, type Html, type HtmlValue, html, ICONS, markup, STYLE_SHEET } from '@forge/writer-report/pages'
import type { Addresses } from '../address/addresses.ts'
import { PAGE_SCRIPT } from './page-script.ts'
import { PAGE_STYLE } from './page-style.ts'

export interface DocumentOptions {
  readonly addresses: Addresses
  /** The title of the server. */
  readonly name: string
  readonly clock: Clock
  /** The query that goes along to other pages. */
  readonly query: URLSearchParams
  readonly page: Page
  readonly generatedAt: Date
  /** The id of the state of the table that the page shows; empty if it could not be read. */
  readonly stateId: string
  /** The number of pipelines that failed; null if the page does not know. */
  readonly failed: number | null
}

/** A page without its frame. */
export interface Page {
  readonly title: string
  /** The path of the page in the navigation; null if it is not there. */
  readonly section: string | null
  readonly content: HtmlValue
  /** The limits of the page in words; null if it has none. */
  readonly scope?: string | null | undefined
}

const NAVIGATION = [
  ['/', 'Today'],
  ['/runs', 'Runs'],
  ['/failures', 'Failures'],
  ['/quality', 'Quality'],
  ['/sla', 'Service levels'],
  ['/about', 'About'],
] as const

const STYLE = STYLE_SHEET + PAGE_STYLE

/** Returns the whole document of a page. */
export function documentOf(options: DocumentOptions): string {
  const { addresses, name, clock, query, page, generatedAt, stateId, failed } = options
  const title = visibleText(page.title)
  const at = generatedAt.toISOString()
  const links = NAVIGATION.map(
    ([path, label]) =>
      html`<a href="${addresses.page(path, query)}"${path === page.section ? html` aria-current="page"` : null}>${label}</a>`,
  )
  const scope = page.scope ? html`, <bdi>${visibleText(page.scope)}</bdi>` : null
  const text: Html = html`<!doctype html>
<html lang="en" data-events="${addresses.page('/events')}" data-version="${stateId}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
<link rel="icon" href="${addresses.page('/icon.svg')}"><title>${failed === null || failed === 0 ? '' : `(${failed}) `}${title} · ${visibleText(name)}</title><style>${markup(STYLE)}</style></head><body>
<a class="skip" href="#page">Skip to the page</a>
${markup(ICONS)}
<header class="top"><a class="brand" href="${addresses.page('/', query)}">${visibleText(name)}</a><nav aria-label="Pages">${links}</nav><span class="when">as of <time datetime="${at}">${clock.second(at)} ${clock.timeZone}</time>${scope}<span id="live" role="status" data-keep></span></span></header>
<main>
<section class="page today on" id="page" aria-label="${title}" tabindex="-1">
${page.content}
</section>
</main>
<script>${markup(PAGE_SCRIPT)}</script></body></html>
`
  return text.toString()
}
