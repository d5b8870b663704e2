import { type Html, type HtmlValue, html } from '../text/html.ts'

export interface FilterFormOptions {
  /** What the ids of the form begin with: each page has its own. */
  readonly prefix: string
  readonly placeholder: string
  /** More controls. */
  readonly controls?: HtmlValue | undefined
}

/** Returns the form that filters the tables of its page; it needs the script. */
export function filterForm({ prefix, placeholder, controls }: FilterFormOptions): Html {
  return html`<form class="filters js-only" role="search" data-filters><label class="sr" for="${prefix}q">Filter</label><input id="${prefix}q" data-text type="search" placeholder="${placeholder}" autocomplete="off" spellcheck="false">${controls}<button type="button" class="link" id="${prefix}drop" data-drop hidden>Drop the filter</button><span class="note" data-shown role="status"></span></form>`
}

/** Returns the sentence that is shown if the filter leaves nothing. */
export function noMatch(prefix: string, text: HtmlValue, isShown: boolean): Html {
  return html`<p class="empty" id="${prefix}no-match" data-none${isShown ? null : html` hidden`}>${text}</p>`
}
