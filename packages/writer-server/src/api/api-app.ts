import { redactErrors } from '@forge/writer-report/pages'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { ServerContext } from '../context/server-context.ts'
import { problemError } from '../http/problem.ts'
import { answerText, taggedText } from '../http/text-answer.ts'
import { VERSION } from '../version.ts'
import { queryProblem } from './query-problem.ts'
import type { Question } from './question.ts'
import { QUESTIONS } from './questions.ts'

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    code: z.string(),
    context: z.record(z.string(), z.unknown()),
    suggestions: z.array(z.string()),
  })
  .openapi('Problem')

const PROBLEM = {
  description: 'A problem, as RFC 9457 describes it',
  content: { 'application/problem+json': { schema: problemSchema } },
}

/** Creates the API: a route for each question, and its description by OpenAPI. */
export function createApi(context: ServerContext): OpenAPIHono {
  const api = new OpenAPIHono()
  for (const question of QUESTIONS) addQuestion(api, question, context)
  const { token } = context.options
  if (token !== undefined)
    api.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'forge-writer',
      version: VERSION,
      description: 'Reads the log of pipelines. No request writes anything.',
    },
    servers: [{ url: `${context.addresses.base}/api/v1` }],
    ...(token !== undefined && { security: [{ token: [] }] }),
  })
  const text = taggedText(`${JSON.stringify(document)}\n`)
  api.get('/openapi.json', ({ req }) => answerText(req.raw, text, 'application/json; charset=utf-8'))
  return api
}

function addQuestion(api: OpenAPIHono, question: Question, { options, cache }: ServerContext): void {
  const { path, summary, params, query, answer } = question
  const route = createRoute({
    method: 'get',
    path,
    summary,
    request: { params, query },
    responses: {
      200: { description: summary, content: { 'application/json': { schema: answer } } },
      400: PROBLEM,
      401: PROBLEM,
      403: PROBLEM,
      404: PROBLEM,
      503: PROBLEM,
      default: PROBLEM,
    },
  })
  api.openAPIRegistry.registerPath(route)
  const { redactErrors: redacts, levels, timeZone, now } = options
  api.get(route.getRoutingPath(), async ({ req }) => {
    const asked = { ...parse(params, namesOf(req.param())), ...parse(query, valuesOf(req.queries())) }
    const text = await cache.get(`${path} ${JSON.stringify(asked)}`, async (snapshot) => {
      const { state } = snapshot
      const read = await question.read(asked, { source: await snapshot.source(), state, levels, timeZone, now })
      return taggedText(`${JSON.stringify(redacts ? redactErrors(read) : read)}\n`)
    })
    return answerText(req.raw, text, 'application/json; charset=utf-8')
  })
}

/** Returns the parameters of a request. Throws ProblemError for those that the schema refuses. */
function parse(schema: z.ZodObject, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const parsed = schema.safeParse(given)
  if (!parsed.success) throw problemError(queryProblem(parsed.error, Object.keys(schema.shape)))
  return parsed.data
}

function valuesOf(queries: Readonly<Record<string, string[]>>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(queries).map(([name, values]) => [name, values.length === 1 ? String(values[0]) : values]),
  )
}

/** The router has decoded the segments; a sign at the beginning is not part of a name. */
function namesOf(segments: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(segments).map(([name, text]) => [name, text.startsWith('~') ? text.slice(1) : text]),
  )
}
