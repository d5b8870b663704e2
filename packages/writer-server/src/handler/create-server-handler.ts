import type { TableSource } from '@forge/writer-core'
import { Hono } from 'hono'
import { createApi } from '../api/api-app.ts'
import { createContext, type ServerContext } from '../context/server-context.ts'
import { checkServerOptions, type ServerOptions } from '../context/server-options.ts'
import { type Problem, ProblemError, problemOf, problemResponse } from '../http/problem.ts'
import { answerText, taggedText } from '../http/text-answer.ts'
import { type EventStreams, eventStreams } from '../live/event-streams.ts'
import { stateWatch } from '../live/state-watch.ts'
import { EXPOSITION_TYPE, expositionOf } from '../metrics/exposition.ts'
import { readMetrics } from '../metrics/pipeline-metrics.ts'
import { answerPage, problemPage } from '../pages/answer-page.ts'
import { ICON } from '../pages/icon.ts'
import { answerGuard, type Guard } from './guard.ts'
import { withHeaders } from './headers.ts'
import { pathWithin } from './path-within.ts'

/** A server of one log, as a function of the web standard: for `serve`, or to be mounted in an application. */
export interface ServerHandler {
  /** Answers a request. Never rejects. */
  fetch(request: Request): Promise<Response>
  /** Ends the streams of events. The source stays open. */
  close(): void
}

/**
 * Creates the handler of a live dashboard: pages, the API under `/api/v1`, events under `/events`, metrics under `/metrics` and `/healthz`. It only
 * reads. Throws WriterConfigurationError for wrong options.
 * @example
 * const dashboard = createServerHandler(source, { basePath: '/runs', authorize: (request) => isSignedIn(request) })
 * app.all('/runs/*', (context) => dashboard.fetch(context.req.raw))
 */
export function createServerHandler(source: TableSource, options: ServerOptions = {}): ServerHandler {
  const checked = checkServerOptions(options)
  const context = createContext(source, checked)
  const watch = stateWatch({ readState: context.readState, pollMs: checked.pollMs, storage: source.storage })
  const streams = eventStreams({ watch, readState: context.readState, maxStreams: checked.maxStreams })
  const app = createApp(context, streams)
  return {
    async fetch(request) {
      const response = await app.fetch(request)
      if (request.method !== 'HEAD') return withHeaders(response)
      await response.body?.cancel()
      return withHeaders(new Response(null, response))
    },
    close() {
      streams.close()
      watch.close()
    },
  }
}

function createApp(context: ServerContext, streams: EventStreams): Hono {
  const { source, options, cache } = context
  const guard: Guard = answerGuard(options)
  const pathOf = (request: Request) => pathWithin(request, options.base)
  const app = new Hono({ getPath: pathOf })
  app.use('*', async ({ req }, next) => {
    const answer = await guard(req.raw, pathOf(req.raw))
    if (answer) return answer
    return inTime(next(), options.timeoutMs)
  })
  app.get('/healthz', async () => {
    const { version } = await readHealth(context)
    return new Response(`${JSON.stringify({ status: 'ok', version })}\n`, {
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    })
  })
  app.get('/metrics', async ({ req }) => {
    const answer = await cache.get('metrics', async (snapshot) =>
      taggedText(expositionOf(await readMetrics(snapshot, options))),
    )
    return answerText(req.raw, answer, EXPOSITION_TYPE)
  })
  app.get('/events', ({ req }) => answerEvents(req.raw, streams))
  app.get('/icon.svg', ({ req }) => answerText(req.raw, ICON, 'image/svg+xml'))
  app.route('/api/v1', createApi(context))
  app.get('*', async ({ req }) => (await answerPage(req.raw, pathOf(req.raw), context)) ?? notFound())
  app.notFound(notFound)
  app.onError((error, { req }) => {
    const problem = withAdvice(problemOf(error), source)
    // The query may hold a token, and is not logged.
    const path = pathOf(req.raw).slice(0, 500)
    if (problem.code === 'INTERNAL') source.logger.error({ path, error }, 'a request failed')
    return wantsPage(req.raw, pathOf(req.raw)) ? problemPage(problem, context) : problemResponse(problem)
  })
  return app
}

/** Returns the problem of a table with suggestions. */
function withAdvice(problem: Problem, { storage }: TableSource): Problem {
  if (problem.code !== 'TABLE' || problem.suggestions.length > 0) return problem
  return { ...problem, suggestions: [`Examine ${storage.location} with forge-writer doctor.`] }
}

async function readHealth({ readState, source }: ServerContext) {
  try {
    return await readState()
  } catch (error) {
    const { detail } = problemOf(error)
    source.logger.warn({ error }, 'the table cannot be read')
    throw new ProblemError('TABLE', detail)
  }
}

function notFound(): never {
  throw new ProblemError('NOT_FOUND', 'The server has nothing at this address.', {
    suggestions: ['Start at the first page, or see /api/v1/openapi.json for the API.'],
  })
}

async function answerEvents(request: Request, streams: EventStreams): Promise<Response> {
  if (request.method === 'HEAD') return new Response(null, { headers: { 'content-type': 'text/event-stream' } })
  const since = request.headers.get('last-event-id') ?? new URL(request.url).searchParams.get('since') ?? undefined
  const response = await streams.open({ since, signal: request.signal })
  if (response) return response
  throw new ProblemError('BUSY', 'Too many pages already follow the log.', {
    suggestions: ['Close some of them, or raise maxStreams.'],
  })
}

function wantsPage({ headers }: Request, path: string): boolean {
  return (headers.get('accept') ?? '').includes('text/html') && !/^\/(?:api\/|events$|metrics$|healthz$)/.test(path)
}

async function inTime<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const problem = new ProblemError('TIMEOUT', `The answer takes longer than ${timeoutMs} ms.`, {
      suggestions: ['Ask again: the answer is computed once, and kept.', 'Ask for fewer days.'],
    })
    timer = setTimeout(() => reject(problem), timeoutMs)
    timer.unref()
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
