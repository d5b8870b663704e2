import { policyHash, STYLE_SHEET } from '@forge/writer-report/pages'
import { PAGE_SCRIPT } from '../pages/page-script.ts'
import { PAGE_STYLE } from '../pages/page-style.ts'

const POLICY = [
  "default-src 'none'",
  `style-src '${policyHash(STYLE_SHEET + PAGE_STYLE)}'`,
  `script-src '${policyHash(PAGE_SCRIPT)}'`,
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'x-robots-tag': 'noindex, nofollow',
}

/** Adds the headers of every answer. Answers are private: only the browser that asked may keep them, and it must revalidate them each time. */
export function withHeaders(response: Response): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value)
  if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-cache')
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
