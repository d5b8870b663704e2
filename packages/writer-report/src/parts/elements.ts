import { OUTCOME_MARKS, type RunOutcome } from '@forge/writer-analytics'
import { cutMiddle, firstLine, visibleText } from '@forge/writer-core/text'
import { type Html, type HtmlValue, html } from '../text/html.ts'
import { type Filtered, filterText } from './filter.ts'
import type { Lanes } from './lanes.ts'

export type StateWord = RunOutcome | 'late' | 'passed' | 'notJudged' | 'running'

const WORDS: Readonly<Record<StateWord, string>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  unknown: 'unknown',
  late: 'late',
  passed: 'kept',
  notJudged: 'not judged',
  running: 'running',
}
const ICONS: Readonly<Record<StateWord, string>> = {
  succeeded: 'ok',
  passed: 'ok',
  failed: 'bad',
  late: 'late',
  unknown: 'unknown',
  notJudged: 'unknown',
  running: 'running',
}

export interface MarkOptions {
  /** True to show the word to readers of screens only. */
  readonly isShort?: boolean | undefined
  /** The word. Default: that of the state. */
  readonly word?: string | undefined
}

/** Returns the mark of a state: a shape and a word. With `isShort` the word is for readers of screens only. */
export function stateMark(state: StateWord, { isShort = false, word = WORDS[state] }: MarkOptions = {}): Html {
  const label = html`<span class="${isShort ? 'sr' : 'word'}">${word}</span>`
  return html`<span class="state ${ICONS[state]}"><svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><use href="#i-${ICONS[state]}"/></svg>${label}</span>`
}

/** Returns an outcome for a table with many rows: a sign and a word, in a few bytes. */
export function outcomeText(outcome: RunOutcome, word: string | null = null): Html {
  return html`<span class="state ${ICONS[outcome]}">${OUTCOME_MARKS[outcome]} ${visibleText(firstLine(word ?? WORDS[outcome], 30))}</span>`
}

const MAX_NAME = 80

/** Returns a moment with its text, which is not broken into lines. */
export function moment(iso: string | null, text: string): Html {
  return iso === null ? html`<span class="t">${text}</span>` : html`<time class="t" datetime="${iso}">${text}</time>`
}

/** Returns a name of the log, isolated from the direction of the text around it, as a link if there is a page. */
export function nameOf(text: string, href: string | null = null, { max = MAX_NAME } = {}): Html {
  const shown = visibleText(cutMiddle(text, max))
  const title = shown === text ? null : html` title="${visibleText(cutMiddle(text, 400))}"`
  const name = html`<bdi${title}>${shown === '' ? '(no name)' : shown}</bdi>`
  return href === null ? name : html`<a href="${href}">${name}</a>`
}

const MAX_ERROR = 100

/** Returns the first line of an error for a cell of a table; null without an error. */
export function errorCell(message: string | null): Html | null {
  const line = visibleText(firstLine(message, MAX_ERROR))
  return line === '' ? null : html`<code>${line}</code>`
}

export interface Column<Row> {
  readonly header: string
  readonly cell: (row: Row) => HtmlValue
  /** True for figures, which stand on the right. */
  readonly isNumber?: boolean | undefined
  /** True for values that are not broken into lines, such as times. */
  readonly isUnbroken?: boolean | undefined
  /** Returns the value by which the script sorts; none if the column cannot be sorted by. */
  readonly sort?: ((row: Row) => string | number | null) | undefined
}

export interface TableOptions<Row> {
  readonly caption: string
  /** True to show the caption to readers of screens only. */
  readonly hasHiddenCaption?: boolean | undefined
  /** Returns the text and the state that the filter of the page compares. */
  readonly filter?: (row: Row) => Filtered
  readonly id?: string | undefined
}

/** Returns a table. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], options: TableOptions<Row>): Html {
  const { caption, hasHiddenCaption = true, filter, id } = options
  const head = columns.map(
    ({ header, isNumber, sort }) =>
      html`<th scope="col"${classOf({ isNumber })}${sort && filter ? html` data-sort` : null}>${header}</th>`,
  )
  const body = rows.map((row) => {
    const cells = columns.map(({ cell, isNumber, isUnbroken, sort }) => {
      const key = sort && filter ? sort(row) : null
      return html`<td${classOf({ isNumber, isUnbroken })}${key === null ? null : html` data-v="${key}"`}>${cell(row)}</td>`
    })
    return html`<tr${filter ? filterAttributes(filter(row)) : null}>${cells}</tr>
`
  })
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table${id ? html` id="${id}"` : null}${filter ? html` data-filter` : null}><caption${hasHiddenCaption ? html` class="sr"` : null}>${caption}</caption><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div>`
}

function classOf({
  isNumber,
  isUnbroken,
}: {
  isNumber?: boolean | undefined
  isUnbroken?: boolean | undefined
}): Html | null {
  if (isNumber) return html` class="n"`
  return isUnbroken ? html` class="t"` : null
}

function filterAttributes(row: Filtered): Html {
  return html` data-q="${visibleText(filterText(row))}"${row.state ? html` data-state="${row.state}"` : null}`
}

export interface ChartOptions {
  readonly title: string
  readonly note?: HtmlValue | undefined
  /** True if the panel has the title already. */
  readonly isTitleHidden?: boolean | undefined
}

/** Returns a chart with the table behind it. */
export function chart(picture: Html | Lanes, behind: Html, { title, note, isTitleHidden = false }: ChartOptions): Html {
  return html`<figure><figcaption><span${isTitleHidden ? html` class="sr"` : null}>${title}</span>${note ? html` <span class="note">${note}</span>` : null}</figcaption>${scrollable(picture, title)}<details><summary>Table of ${title.toLowerCase()}</summary>${behind}</details></figure>`
}

/** Returns a chart whose figures another table on the page has. */
export function picture(title: string, content: Html, note?: string | undefined): Html {
  return html`<figure><figcaption>${title}${note === undefined ? null : html` <span class="note">${note}</span>`}</figcaption>${scrollable(content, title)}</figure>`
}

/** Returns a chart that can be moved if it is wider than the screen; its end, which is the newest, shows first. The names of lanes stay. */
function scrollable(picture: Html | Lanes, title: string): Html {
  const isLanes = 'plot' in picture
  const css = isLanes && picture.showsStart ? 'scroll' : 'scroll newest'
  const plot = html`<div class="${css}" tabindex="0" role="region" aria-label="${title}">${isLanes ? picture.plot : picture}</div>`
  return isLanes ? html`<div class="lanes">${picture.names}${plot}</div>` : plot
}

/** Returns a list of facts; those without a value are left out. */
export function facts(entries: readonly (readonly [string, HtmlValue])[]): Html {
  const shown = entries.filter(([, value]) => value !== null && value !== undefined && value !== '')
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

/** Returns a sentence for a panel that has nothing to show. */
export function empty(text: HtmlValue): Html {
  return html`<p class="empty">${text}</p>`
}

/** Returns a panel with a heading. */
export function panel(
  title: string,
  content: HtmlValue,
  { note, id }: { readonly note?: HtmlValue | undefined; readonly id?: string | undefined } = {},
): Html {
  return html`<section class="panel"${id ? html` id="${id}"` : null}><h2>${title}${note ? html` <span class="note">${note}</span>` : null}</h2>${content}</section>`
}
