import { countText } from '@forge/writer-core/text'
import { type Html, html, type StateWord, stateMark } from '@forge/writer-report/pages'
import { toggle } from './filters.ts'

export interface FilterBarOptions {
  /** The path of the page, with the base path. */
  readonly path: string
  /** The filters of the page. */
  readonly query: URLSearchParams
  /** The words of the chips, with their counts if they are known, and the parameter that they set. */
  readonly chips: { readonly name: string; readonly words: readonly Chip[] } | undefined
  /** True if the page can be searched by text. */
  readonly hasText: boolean
  readonly placeholder: string
  /** The words for the period of an address that names none. */
  readonly defaultPeriod: string
}

export interface Chip {
  readonly word: StateWord
  readonly count?: number | undefined
}

const PERIODS = [
  ['1', '24 hours'],
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', '1 year'],
] as const

/** Returns the form of the filters: it works without script, and each state of it is an address. */
export function filterBar({ path, query, chips, hasText, placeholder, defaultPeriod }: FilterBarOptions): Html {
  const value = (name: string) => query.get(name) ?? ''
  const field = (name: string, label: string, hint: string) =>
    html`<label class="field"><span class="sr">${label}</span><input type="text" name="${name}" value="${value(name)}" placeholder="${hint}" autocomplete="off" spellcheck="false"></label>`
  const others = ['from', 'to', 'mode', ...(chips ? [chips.name] : [])].flatMap((name) =>
    query.getAll(name).map((each) => html`<input type="hidden" name="${name}" value="${each}">`),
  )
  const isOn = [...query.keys()].length > 0
  const search = hasText
    ? html`<label class="sr" for="q">Search</label><input id="q" type="search" name="q" value="${value('q')}" placeholder="${placeholder}" autocomplete="off" spellcheck="false">`
    : null
  return html`<form class="filters" id="filters" role="search" method="get" action="${path}">${search}${field('pipeline', 'Pipeline', 'pipeline: etl_*')}${field('owner', 'Owner', 'owner')}${tagFields(query)}${periodField(query, defaultPeriod)}${others}<button class="chip">Apply</button>${isOn ? html`<a href="${path}" id="drop">Drop the filter</a>` : null}</form>${chips ? chipLinks(chips, path, query) : null}`
}

/** Returns the choice of a period; an address with its own bounds has none. */
function periodField(query: URLSearchParams, defaultPeriod: string): Html | null {
  if (query.has('from') || query.has('to')) return null
  const days = query.get('days') ?? ''
  const isOther = days !== '' && !PERIODS.some(([each]) => each === days)
  const periods = [['', defaultPeriod], ...PERIODS, ...(isOther ? [[days, `${days} days`] as const] : [])] as const
  const options = periods.map(
    ([each, label]) => html`<option value="${each}"${each === days ? html` selected` : null}>${label}</option>`,
  )
  return html`<label class="field"><span class="sr">Period</span><select name="days">${options}</select></label>`
}

/** Returns a field for each tag that is asked for, and one for another. */
function tagFields(query: URLSearchParams): Html[] {
  const tags = query.getAll('tag')
  return [...tags.slice(0, 5), ...(tags.length === 0 ? [''] : [])].map(
    (tag) =>
      html`<label class="field"><span class="sr">Tag</span><input type="text" name="tag" value="${tag}" placeholder="tag" autocomplete="off" spellcheck="false"></label>`,
  )
}

function chipLinks(
  { name, words }: NonNullable<FilterBarOptions['chips']>,
  path: string,
  query: URLSearchParams,
): Html {
  const chosen = query.getAll(name)
  const links = words.map(({ word, count }) => {
    const next = toggle(query, name, word).toString()
    const isOn = chosen.includes(word)
    return html`<a class="chip${isOn ? ' chosen' : ''}" data-key="chip-${word}" href="${path}${next === '' ? '' : `?${next}`}"${isOn ? html` aria-current="true"` : null}>${stateMark(word)}${count === undefined ? null : html` <b>${countText(count)}</b>`}</a>`
  })
  return html`<p class="filters chips" aria-label="States" role="group">${links}</p>`
}
