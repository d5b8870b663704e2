import type { CheckedServerOptions } from '../context/server-options.ts'
import { assertAccess } from '../http/access.ts'
import { ProblemError } from '../http/problem.ts'
import { addressOf, isFromElsewhere, leadTo, tokenGate } from '../http/token.ts'

/** Decides about a request before anything is read: undefined if it is admitted, or an answer. Throws ProblemError if it is refused. */
export type Guard = (request: Request, path: string) => Promise<Response | undefined>

/** Longer addresses are not ours. */
const MAX_URL = 8192

/** Creates the guard of a server. */
export function answerGuard({ hosts, acceptsAddresses, token, authorize, base }: CheckedServerOptions): Guard {
  const gate = token === undefined ? undefined : tokenGate(token)
  return async (request, path) => {
    assertAccess(request, { hosts, acceptsAddresses })
    if (request.url.length > MAX_URL) {
      throw new ProblemError('URI_TOO_LONG', `The address is longer than ${MAX_URL} characters.`)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new ProblemError(
        'METHOD_NOT_ALLOWED',
        `The server answers GET and HEAD, not ${request.method.slice(0, 20)}.`,
      )
    }
    // A probe has no token, and learns nothing else.
    if (path === '/healthz') return undefined
    if (authorize && !(await authorize(request)))
      throw new ProblemError('FORBIDDEN', 'The application refused the request.')
    if (!gate) return undefined
    const session = gate.openSession(request, { base, path })
    if (session) return session
    if (gate.admits(request)) return undefined
    // The browser did not send the cookie because a link on another site led here; it does if this server leads on.
    if (isFromElsewhere(request)) {
      return leadTo(request, addressOf({ base, path }, new URL(request.url).searchParams))
    }
    throw new ProblemError('UNAUTHORIZED', 'The server needs its token.', {
      suggestions: ['Open the address with ?token=… once, or send the token as `Authorization: Bearer`.'],
    })
  }
}
