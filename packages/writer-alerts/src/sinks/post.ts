import { SinkError } from './sink.ts'

export interface Post {
  readonly url: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly signal: AbortSignal
  /** The function that sends requests. Default: that of Node. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** Statuses after which the same request may succeed later, for example when somebody has corrected the address or the permissions. */
const RETRYABLE = new Set([401, 403, 404, 408, 409, 410, 425, 429])

/** Posts JSON. Rejects with a SinkError unless the answer is of the 200s; addresses, which may hold secrets, are not in it. */
export async function post(request: Post): Promise<void> {
  const response = await send(request)
  // An unread response keeps the connection busy.
  await response.body?.cancel()
}

/** Posts like {@link post}, and resolves with the JSON object of the answer; an empty one if it is not a JSON object. */
export async function postForAnswer(request: Post): Promise<Readonly<Record<string, unknown>>> {
  const text = await (await send(request)).text()
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Returns the wait that a response asks for; undefined if it does not. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return ms >= 0 ? Math.min(MAX_WAIT_MS, ms) : undefined
}

const MAX_WAIT_MS = 3_600_000

async function send({ url, body, headers = {}, signal, fetch = globalThis.fetch }: Post): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'user-agent': 'forge-writer', ...headers },
    // A redirect would carry the message and its signature to an address that nobody configured.
    redirect: 'manual',
    signal,
  })
  if (response.ok) return response
  await response.body?.cancel()
  const { status } = response
  const note = isRedirect(status) ? ', and redirects are not followed' : ''
  throw new SinkError(`answered ${status}${note}`, {
    retryable: status >= 500 || RETRYABLE.has(status) || isRedirect(status),
    retryAfterMs: retryAfterOf(response.headers.get('retry-after')),
  })
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}
