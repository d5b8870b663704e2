import { PIPELINE_CONDITIONS } from '@forge/writer-analytics'
import { z } from '@hono/zod-openapi'
import { CHOICE, PERIOD, RUNS, words } from '../api/parameters.ts'

const SCHEMA = z.object({
  ...RUNS,
  ...CHOICE,
  ...PERIOD,
  state: words(PIPELINE_CONDITIONS, 'Only pipelines in this state.'),
})

/** The filters of a page, as they are in its address. */
export type PageFilters = Readonly<z.output<typeof SCHEMA>>

export const FILTER_NAMES = Object.keys(SCHEMA.shape)

/** The filters that hold for all pages, and go along from one to the next. */
const COMMON = ['pipeline', 'owner', 'tag', 'days', 'from', 'to'] as const
/** The value of a form field that was left empty: it means nothing. */
export function readFilters(query: URLSearchParams): z.ZodSafeParseResult<PageFilters> {
  const given: Record<string, string | string[]> = {}
  for (const name of FILTER_NAMES) {
    const values = query.getAll(name).filter((value) => value.trim() !== '')
    const [only] = values
    if (only !== undefined) given[name] = values.length === 1 ? only : values
  }
  return SCHEMA.safeParse(given)
}

/** Returns the query of the filters that go along to other pages. */
export function commonQuery(query: URLSearchParams): URLSearchParams {
  return pick(query, COMMON)
}

/** Returns the query of the filters that a page knows, without the place in a list. */
export function filterQuery(query: URLSearchParams): URLSearchParams {
  return pick(
    query,
    FILTER_NAMES.filter((name) => name !== 'after'),
  )
}

/** Returns the query with a value of a parameter added, or removed if it is there already. */
export function toggle(query: URLSearchParams, name: string, value: string): URLSearchParams {
  const changed = new URLSearchParams(query)
  const values = changed.getAll(name)
  changed.delete(name)
  const left = values.includes(value) ? values.filter((each) => each !== value) : [...values, value]
  for (const each of left) changed.append(name, each)
  return changed
}

function pick(query: URLSearchParams, names: readonly string[]): URLSearchParams {
  const picked = new URLSearchParams()
  for (const name of names) {
    for (const value of query.getAll(name)) if (value.trim() !== '') picked.append(name, value)
  }
  return picked
}
