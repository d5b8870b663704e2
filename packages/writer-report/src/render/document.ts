import { visibleText } from '@forge/writer-core/text'
import type { ReportModel } from '../model/report-model.ts'
import { ICONS } from '../parts/icons.ts'
import { PAGE } from '../parts/view.ts'
import type { Clock } from '../text/clock.ts'
import { type Html, html, markup } from '../text/html.ts'
import { CLIENT_SCRIPT } from './client-script.ts'
import { policyHash } from './policy-hash.ts'
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

/** Returns the whole file: nothing in it requests anything, and the policy forbids it. */
export function documentOf(model: ReportModel, pages: readonly RenderedPage[], clock: Clock): string {
  const policy = [
    "default-src 'none'",
    `style-src '${policyHash(STYLE_SHEET)}'`,
    `script-src '${policyHash(CLIENT_SCRIPT)}'`,
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
<header class="top"><a class="brand" href="#${PAGE.today}">${name}</a><nav aria-label="Pages">${NAVIGATION.map(([id, label]) => html`<a href="#${id}">${label}</a>`)}</nav><span class="when">as of <time datetime="${about.generatedAt}">${clock.zoned.minute(about.generatedAt)}</time>${about.scope === null ? null : html`, <bdi>${visibleText(about.scope)}</bdi>`}</span></header>
<main>
${sections}</main>
<footer>Made by forge-writer ${about.version}. It loads nothing from the network.</footer>
<script>${markup(CLIENT_SCRIPT)}</script></body></html>
`
  return text.toString()
}
