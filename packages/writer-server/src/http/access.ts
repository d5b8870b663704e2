import { hostNameOf, isAddress, isLoopback } from './hosts.ts'
import { ProblemError } from './problem.ts'

/** The rules about which requests are allowed. */
export interface AccessRules {
  /** The names of this server, in addition to loopback. */
  readonly hosts: readonly string[]
  /** True to accept every IP address as the name of this server: it listens on all of them. */
  readonly acceptsAddresses: boolean
}

/**
 * Throws ProblemError for a request that another site made a browser send: a `Host` that is not a name of this server (a name server can point any
 * name here), an `Origin` of another site, or `Sec-Fetch-Site` of another site, except a link that somebody follows to a page.
 */
export function assertAccess(request: Request, rules: AccessRules): void {
  // A request that was made from its address alone has no such header.
  const host = request.headers.get('host') ?? new URL(request.url).host
  if (!isOwnHost(host, rules)) {
    throw new ProblemError('FORBIDDEN', 'The Host header does not name this server.', {
      context: { host: host.slice(0, 200) },
      suggestions: ['Open the address that the server printed, or add the name to the hosts of the server.'],
    })
  }
  const origin = request.headers.get('origin')
  if (origin !== null && !isSameOrigin(origin, host)) {
    throw new ProblemError('FORBIDDEN', 'The request comes from another site.', {
      context: { origin: origin.slice(0, 200) },
    })
  }
  const site = request.headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none' && !isFollowedLink(request)) {
    throw new ProblemError('FORBIDDEN', 'The request comes from another site.', {
      context: { site: site.slice(0, 50) },
    })
  }
}

function isOwnHost(header: string, { hosts, acceptsAddresses }: AccessRules): boolean {
  const name = hostNameOf(header)
  if (name === undefined) return false
  if (isLoopback(name)) return true
  if (acceptsAddresses && isAddress(name)) return true
  return hosts.some((host) => hostNameOf(host) === name)
}

/** A proxy may speak TLS to the browser, so that the scheme may differ. */
function isSameOrigin(origin: string, host: string): boolean {
  try {
    const { host: of, protocol } = new URL(origin)
    return (protocol === 'http:' || protocol === 'https:') && of === new URL(`${protocol}//${host}`).host
  } catch {
    return false
  }
}

/** Somebody follows a link to a page: the other site cannot read the answer, nor show it in a frame. */
function isFollowedLink({ method, headers, url }: Request): boolean {
  return (
    method === 'GET' &&
    headers.get('sec-fetch-mode') === 'navigate' &&
    headers.get('sec-fetch-dest') === 'document' &&
    !/\/(?:api\/|events$|metrics$|healthz$)/.test(new URL(url).pathname)
  )
}
