import { isWriterError, type WriterErrorCode } from '@forge/writer-core'

/** The code of a problem: that of the error of forge-writer, or one of the server's own. */
export type ProblemCode =
  | WriterErrorCode
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'URI_TOO_LONG'
  | 'BUSY'
  | 'TIMEOUT'
  | 'INTERNAL'

/** The details of a problem, as RFC 9457 describes them. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ProblemCode
  /** Facts for programs. */
  readonly context: Readonly<Record<string, unknown>>
  /** The actions that the reader can take, the most useful first. */
  readonly suggestions: readonly string[]
}

const STATUSES: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  BAD_REQUEST: [400, 'The request is not valid'],
  CONFIGURATION: [400, 'A setting or parameter is not valid'],
  VALIDATION: [400, 'A value is not valid'],
  UNAUTHORIZED: [401, 'A token is needed'],
  FORBIDDEN: [403, 'The request is refused'],
  NOT_FOUND: [404, 'The page does not exist'],
  METHOD_NOT_ALLOWED: [405, 'The server only reads'],
  SCHEMA: [409, 'The table does not have what was requested'],
  URI_TOO_LONG: [414, 'The address is too long'],
  DATA_QUALITY: [500, 'The rows are not valid'],
  INTERNAL: [500, 'The server failed'],
  UNSUPPORTED: [501, 'The storage does not support this'],
  TABLE: [503, 'The table cannot be read'],
  CONCURRENCY: [503, 'Another process holds the table'],
  PERFORMANCE: [503, 'A limit was reached'],
  BUSY: [503, 'The server is busy'],
  TIMEOUT: [503, 'The answer takes too long'],
}

export interface ProblemOptions {
  readonly context?: Readonly<Record<string, unknown>> | undefined
  readonly suggestions?: readonly string[] | undefined
}

/** Returns a problem. */
export function createProblem(code: ProblemCode, detail: string, options: ProblemOptions = {}): Problem {
  const [status, title] = STATUSES[code]
  return {
    type: `urn:forge-writer:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail,
    code,
    context: options.context ?? {},
    suggestions: options.suggestions ?? [],
  }
}

/** Carries a problem to the place that answers. */
export class ProblemError extends Error {
  override name = 'ProblemError'
  readonly problem: Problem

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail)
    this.problem = createProblem(code, detail, options)
  }
}

/** Returns the error that carries a problem. */
export function problemError({ code, detail, context, suggestions }: Problem): ProblemError {
  return new ProblemError(code, detail, { context, suggestions })
}

/** Returns the problem of an error. The text of an error that was not thrown on purpose is not shown, because it may contain anything. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  if (isWriterError(error)) return createProblem(error.code, error.message, error)
  return createProblem('INTERNAL', 'The server failed. Its log has the reason.')
}

/** Returns the answer with a problem for programs. */
export function problemResponse(problem: Problem): Response {
  return new Response(`${JSON.stringify(problem)}\n`, {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...problemHeaders(problem) },
  })
}

/** Returns the headers that a problem needs. */
export function problemHeaders({ status, code }: Problem): Record<string, string> {
  return {
    'cache-control': 'no-store',
    ...(code === 'METHOD_NOT_ALLOWED' && { allow: 'GET, HEAD' }),
    ...(status === 401 && { 'www-authenticate': 'Bearer realm="forge-writer"' }),
    ...(status === 503 && { 'retry-after': '1' }),
  }
}
