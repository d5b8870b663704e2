import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** The token of a server, and the sessions of browsers that showed it once. */
export interface TokenGate {
  /** Returns whether the request carries the token in its header, or a session in its cookie. */
  admits(request: Request): boolean
  /** Returns the answer to a link with the token: it sets the cookie of a session, and leads to the address without the token. Undefined for other requests. */
  openSession(request: Request, place: SitePlace): Response | undefined
}

/** The place of a request on its site. */
export interface SitePlace {
  readonly base: string
  /** The path below the base path. */
  readonly path: string
}

const TOKEN_PARAMETER = 'token'

/** Creates the gate of a token. */
export function tokenGate(token: string): TokenGate {
  // The cookie proves that the token was known, and does not reveal it.
  const session = createHmac('sha256', token).update('forge-writer session').digest('base64url')
  // Servers on other ports of a host share its cookies.
  const name = `forge_writer_${createHmac('sha256', token).update('forge-writer cookie').digest('hex').slice(0, 12)}`
  return {
    admits({ headers }) {
      const [scheme, given = ''] = (headers.get('authorization') ?? '').split(' ', 2)
      if (scheme?.toLowerCase() === 'bearer' && isSame(given, token)) return true
      return cookiesOf(headers.get('cookie'), name).some((value) => isSame(value, session))
    },
    openSession(request, place) {
      const { searchParams: query, protocol } = new URL(request.url)
      const given = query.getAll(TOKEN_PARAMETER)
      if (given.length === 0) return undefined
      if (!given.some((each) => isSame(each, token))) return undefined
      query.delete(TOKEN_PARAMETER)
      const isSecure = protocol === 'https:' || request.headers.get('x-forwarded-proto') === 'https'
      const cookie = `${name}=${session}; Path=${place.base === '' ? '/' : place.base}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
      return leadTo(request, addressOf(place, query), { 'set-cookie': cookie })
    },
  }
}

/** Returns the address of a place, whether or not the host took the base path off it. Two slashes would lead to another host. */
export function addressOf({ base, path }: SitePlace, query: URLSearchParams): string {
  const text = query.toString()
  return `${base}/${path.replace(/^\/+/, '')}${text === '' ? '' : `?${text}`}`
}

/**
 * Leads a browser to an address of this server. A browser sends a strict cookie only if this server began the navigation: after a link on another site, that needs a page
 * that goes on instead of a redirect.
 */
export function leadTo(request: Request, address: string, headers: Record<string, string> = {}): Response {
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

function cookiesOf(header: string | null, wanted: string): string[] {
  return (header ?? '').split(';').flatMap((part) => {
    const [name, value] = part.trim().split('=', 2)
    return name === wanted && value !== undefined ? [value] : []
  })
}

/** Compares in a time that does not depend on the texts. */
function isSame(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(wanted))
}
