import { SinkError } from './sink.ts'

export interface Post {
  readonly url: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly signal: AbortSignal
  /** Default: the one of Node. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** Statuses after which the same request may be taken later, be it that somebody mends the address or the rights first. */
const RETRYABLE = new Set([401, 403, 404, 408, 409, 410, 425, 429])

/** Posts JSON. Rejects with a SinkError unless the answer is of the 200s; addresses, which may hold secrets, are not in it. */
export async function post({ url, body, headers = {}, signal, fetch = globalThis.fetch }: Post): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'user-agent': 'forge-writer', ...headers },
    // A redirect would carry the message, and its signature, to where nobody sent it.
    redirect: 'error',
    signal,
  })
  // What is not read keeps the connection busy.
  await response.body?.cancel()
  if (response.ok) return
  const { status } = response
  const retryAfterMs = waitOf(response.headers.get('retry-after'))
  throw new SinkError(`answered ${status}`, {
    retryable: status >= 500 || RETRYABLE.has(status),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

const MAX_WAIT_MS = 3_600_000

function waitOf(header: string | null): number | undefined {
  const seconds = header === null || header.trim() === '' ? Number.NaN : Number(header)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(MAX_WAIT_MS, seconds * 1000) : undefined
}
