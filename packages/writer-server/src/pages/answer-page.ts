import { visibleText } from '@forge/writer-core/text'
import { type Html, html } from '@forge/writer-report/pages'
import { nameOfSegment } from '../address/segment.ts'
import { queryProblem } from '../api/query-problem.ts'
import type { ServerContext } from '../context/server-context.ts'
import { type Problem, problemError, problemHeaders } from '../http/problem.ts'
import { answerText, taggedText } from '../http/text-answer.ts'
import type { Snapshot } from '../live/snapshot.ts'
import { documentOf } from './document.ts'
import { commonQuery, FILTER_NAMES, readFilters } from './filters.ts'
import { PAGES, type PageKind } from './site.ts'

const HTML_TYPE = 'text/html; charset=utf-8'

/** Answers with the page of a path; undefined if no page has it. Throws ProblemError for filters that are not valid. */
export async function answerPage(
  request: Request,
  path: string,
  context: ServerContext,
): Promise<Response | undefined> {
  const found = pageAt(path)
  if (!found) return undefined
  const { searchParams: query } = new URL(request.url)
  const parsed = readFilters(query)
  if (!parsed.success) throw problemError(queryProblem(parsed.error, FILTER_NAMES))
  const compute = async (snapshot: Snapshot) => {
    const page = await found.kind.build({ context, snapshot, filters: parsed.data, query, names: found.names })
    return taggedText(
      documentOf({
        addresses: context.addresses,
        name: context.options.title,
        clock: context.clock,
        query: commonQuery(query),
        page,
        generatedAt: context.options.now(),
        stateId: snapshot.state.id,
        failed: page.failed,
      }),
    )
  }
  const answer = await context.cache.get(`page ${path}?${query}`, compute, { mayBeOld: !wantsNewest(request) })
  return answerText(request, answer, HTML_TYPE)
}

/**
 * Returns whether a request is for the current state: the script of a page that knows of a newer one, and a person who loads the page again, ask so. Others
 * need not wait, since the page itself asks for what is newer.
 */
function wantsNewest({ headers }: Request): boolean {
  return /\b(?:no-cache|max-age=0)\b/.test(headers.get('cache-control') ?? '')
}

function pageAt(path: string): { readonly kind: PageKind; readonly names: readonly string[] } | undefined {
  const [, first = '', ...rest] = path.split('/')
  const kind = PAGES.find((each) => each.path === `/${first}` && each.names === rest.length)
  const names = rest.map(nameOfSegment)
  const known = names.filter((name) => name !== undefined)
  return kind && known.length === names.length ? { kind, names: known } : undefined
}

/** Answers with a page about a problem. */
export function problemPage(problem: Problem, { addresses, options, clock }: ServerContext): Response {
  const text = documentOf({
    addresses,
    name: options.title,
    clock,
    query: new URLSearchParams(),
    page: { title: problem.title, section: null, content: problemContent(problem, addresses.page('/')) },
    generatedAt: options.now(),
    stateId: '',
    failed: null,
  })
  return new Response(text, {
    status: problem.status,
    headers: { 'content-type': HTML_TYPE, ...problemHeaders(problem) },
  })
}

function problemContent({ title, detail, code, suggestions }: Problem, home: string): Html {
  const list =
    suggestions.length === 0
      ? null
      : html`<ul>${suggestions.map((suggestion) => html`<li>${visibleText(suggestion)}</li>`)}</ul>`
  return html`<section class="panel problem" id="failed"><h1>${title}</h1><p><bdi>${visibleText(detail)}</bdi></p>${list}<p class="note">${code}</p><p><a href="${home}">Today</a></p></section>`
}
