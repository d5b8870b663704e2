import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** The token of a server, and the sessions of browsers that showed it once. */
export interface TokenGate {
  /** Returns whether the request carries the token in its header, or a session in its cookie. */
  admits(request: Request): boolean
  /** Returns the answer to a link with the token: it sets the cookie of a session, and leads to the address without the token. Undefined for other requests. */
  openSession(request: Request, base: string): Response | undefined
}

const COOKIE = 'forge_writer_session'
const TOKEN_PARAMETER = 'token'

/** Creates the gate of a token. */
export function tokenGate(token: string): TokenGate {
  // The cookie proves that the token was known, and does not reveal it.
  const session = createHmac('sha256', token).update('forge-writer session').digest('base64url')
  return {
    admits({ headers }) {
      const [scheme, given = ''] = (headers.get('authorization') ?? '').split(' ', 2)
      if (scheme?.toLowerCase() === 'bearer' && isSame(given, token)) return true
      return cookiesOf(headers.get('cookie')).some((value) => isSame(value, session))
    },
    openSession(request, base) {
      const url = new URL(request.url)
      const given = url.searchParams.getAll(TOKEN_PARAMETER)
      if (given.length === 0) return undefined
      url.searchParams.delete(TOKEN_PARAMETER)
      // Two slashes would lead to another host.
      const address = `/${url.pathname.replace(/^\/+/, '')}${url.search}`
      if (!given.some((each) => isSame(each, token))) return undefined
      const isSecure = url.protocol === 'https:' || request.headers.get('x-forwarded-proto') === 'https'
      const cookie = `${COOKIE}=${session}; Path=${base === '' ? '/' : base}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
      return leadTo(address, request, { 'set-cookie': cookie })
    },
  }
}

/**
 * Leads a browser to an address of this server. A browser sends a strict cookie only if this server began the navigation: after a link on another site, that needs a page
 * that goes on instead of a redirect.
 */
export function leadTo(address: string, request: Request, headers: Record<string, string> = {}): Response {
  const common = { ...headers, 'cache-control': 'no-store' }
  if (!isFromElsewhere(request)) return new Response(null, { status: 303, headers: { ...common, location: address } })
  const target = address.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>forge-writer</title><meta http-equiv="refresh" content="0;url=${target}"></head><body><a href="${target}">Go on</a></body></html>\n`
  return new Response(page, { headers: { ...common, 'content-type': 'text/html; charset=utf-8' } })
}

/** Returns whether a link on another site led here. */
export function isFromElsewhere({ headers }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  return site === 'cross-site' || site === 'same-site'
}

function cookiesOf(header: string | null): string[] {
  return (header ?? '').split(';').flatMap((part) => {
    const [name, value] = part.trim().split('=', 2)
    return name === COOKIE && value !== undefined ? [value] : []
  })
}

/** Compares in a time that does not depend on the texts. */
function isSame(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(wanted))
}
