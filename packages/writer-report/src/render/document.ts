import { createHash } from 'node:crypto'
import { visibleText } from '@forge/writer-core/text'
import type { ReportModel } from '../model/report-model.ts'
import { PAGE } from '../parts/view.ts'
import type { Clock } from '../text/clock.ts'
import { type Html, html, markup } from '../text/html.ts'
import { CLIENT_SCRIPT } from './client-script.ts'
import { STYLE_SHEET } from './style-sheet.ts'

/** A page that is rendered. */
export interface RenderedPage {
  readonly id: string
  readonly title: string
  readonly content: Html
}

const NAVIGATION = [
  [PAGE.today, 'Today'],
  [PAGE.failures, 'Failures'],
  [PAGE.quality, 'Quality'],
  [PAGE.serviceLevels, 'Service levels'],
  [PAGE.about, 'About'],
] as const

const ICONS = `<svg width="0" height="0" class="sr" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="currentColor" stroke-opacity=".45" stroke-width="3"/></pattern></defs>
<symbol id="i-ok" viewBox="0 0 16 16"><path fill="none" stroke="currentColor" stroke-width="2.2" d="M2.5 8.5l3.5 3.5 7.5-8"/></symbol>
<symbol id="i-bad" viewBox="0 0 16 16"><path fill="none" stroke="currentColor" stroke-width="2.4" d="M3.5 3.5l9 9m0-9l-9 9"/></symbol>
<symbol id="i-late" viewBox="0 0 16 16"><path fill="none" stroke="currentColor" stroke-width="1.8" d="M8 2l6.5 11.5h-13zM8 6.5v3.5m0 1.2v1.3"/></symbol>
<symbol id="i-unknown" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.8"/></symbol>
<symbol id="i-running" viewBox="0 0 16 16"><path fill="currentColor" d="M4 2.5l9 5.5-9 5.5z"/></symbol></svg>`

/** Returns the whole file: nothing in it requests anything, and the policy forbids it. */
export function documentOf(model: ReportModel, pages: readonly RenderedPage[], clock: Clock): string {
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(STYLE_SHEET)}'`,
    `script-src '${hashOf(CLIENT_SCRIPT)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const { title, about } = model
  const name = visibleText(title)
  const sections = pages.map(
    ({
      id,
      title: pageTitle,
      content,
    }) => html`<section class="page${id === PAGE.today ? ' today' : ''}" id="${id}" data-title="${visibleText(pageTitle)}" aria-label="${visibleText(pageTitle)}" tabindex="-1">
${content}
</section>
`,
  )
  const text = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${markup(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
<title>${name}</title><style>${markup(STYLE_SHEET)}</style></head><body>
<a class="skip" href="#${PAGE.today}">Skip to the page</a>
${markup(ICONS)}
<header class="top"><a class="brand" href="#${PAGE.today}">${name}</a><nav aria-label="Pages">${NAVIGATION.map(([id, label]) => html`<a href="#${id}">${label}</a>`)}</nav><span class="when">as of <time datetime="${about.generatedAt}">${clock.minute(about.generatedAt)} ${clock.timeZone}</time>${about.scope === null ? null : html`, <bdi>${visibleText(about.scope)}</bdi>`}</span></header>
<main>
${sections}</main>
<footer>Made by forge-writer ${about.version}. This file requests nothing.</footer>
<script>${markup(CLIENT_SCRIPT)}</script></body></html>
`
  return text.toString()
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
