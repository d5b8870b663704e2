import { createHash } from 'node:crypto'
import { AwsV4Signer } from 'aws4fetch'
import { type AnswerKind, regionOf, type S3Answer } from './s3-answer.ts'
import { addressOfKey, type S3Settings } from './s3-settings.ts'

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly key: string
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array<ArrayBuffer> | undefined
  /** The statuses of errors that the caller handles. All others are thrown. */
  readonly expected?: readonly number[] | undefined
  /** True if a repeated request may have another result than the first one. Default false. */
  readonly isConditional?: boolean | undefined
  /** The time in milliseconds to wait for an answer. Default that of the settings. */
  readonly timeoutMs?: number | undefined
}

/** Sends signed requests, and learns from answers how to sign. */
export interface SignedSender {
  /** Sends a request once, to another address than usual if one is given. Throws what the network throws. */
  attempt(request: S3Request, address?: URL): Promise<S3Answer>
  /** Changes what an answer complains about: the credentials, the clock, the region or the address. Returns undefined if nothing can be changed. */
  adapt(kind: AnswerKind, answer: S3Answer): Adaptation | undefined
}

/** A change after which a request is sent again. */
export interface Adaptation {
  /** The address for the rest of this request. Default: as usual. */
  readonly address?: URL | undefined
}

/** The slowest speed at which a body is uploaded before the request counts as lost. */
const MIN_BYTES_PER_MS = 50

export function signedSender(settings: S3Settings): SignedSender {
  const { credentials, timeoutMs } = settings
  const signingKeys = new Map<string, ArrayBuffer>()
  let { region } = settings
  let clockOffsetMs = 0

  async function attempt(request: S3Request, address?: URL): Promise<S3Answer> {
    const { method, key, query = {}, headers = {}, body } = request
    const url = new URL(address ?? addressOfKey(settings, region, key))
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials.current()
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: {
        ...headers,
        'x-amz-content-sha256': createHash('sha256')
          .update(body ?? '')
          .digest('hex'),
      },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: 's3',
      region,
      cache: signingKeys,
      datetime: new Date(Date.now() + clockOffsetMs).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    })
    const signed = await signer.sign()
    return exchange(signed.url, { method, headers: signed.headers, body: body ?? null }, request.timeoutMs ?? timeoutMs)
  }

  function adapt(kind: AnswerKind, answer: S3Answer): Adaptation | undefined {
    const { headers } = answer
    if (kind === 'expired') return credentials.renew() ? {} : undefined
    if (kind === 'skewed') {
      const theirs = Date.parse(headers.get('date') ?? '')
      if (Number.isNaN(theirs)) return undefined
      clockOffsetMs = theirs - Date.now()
      return {}
    }
    if (kind !== 'elsewhere') return undefined
    const other = regionOf(answer)
    if (other === undefined || other === region) return redirectOf(answer, addressOfKey(settings, region, ''))
    region = other
    return {}
  }

  return { attempt, adapt }
}

/** Returns the address of a temporary redirect, which keeps the method and the body. One that gives up encryption is not followed. */
function redirectOf({ status, headers }: S3Answer, usual: URL): Adaptation | undefined {
  const location = headers.get('location') ?? ''
  if ((status !== 307 && status !== 308) || !URL.canParse(location, usual.href)) return undefined
  const { protocol, origin, pathname } = new URL(location, usual)
  if (protocol !== 'https:' && protocol !== usual.protocol) return undefined
  return { address: new URL(origin + pathname) }
}

/** Sends one request and reads the answer to its end. Throws if either takes too long without any progress. */
async function exchange(url: URL, init: RequestInit, timeoutMs: number): Promise<S3Answer> {
  const abort = new AbortController()
  const stop = () => abort.abort(new Error('the object store did not answer in time'))
  const uploadMs = init.body instanceof Uint8Array ? init.body.byteLength / MIN_BYTES_PER_MS : 0
  let timer = setTimeout(stop, timeoutMs + uploadMs)
  try {
    const response = await fetch(url, { ...init, signal: abort.signal, redirect: 'manual' })
    const parts: Uint8Array[] = []
    for await (const part of response.body ?? []) {
      clearTimeout(timer)
      timer = setTimeout(stop, timeoutMs)
      parts.push(part)
    }
    const bytes = joinParts(parts)
    const length = response.headers.get('content-length')
    const isCut = init.method !== 'HEAD' && length !== null && Number(length) !== bytes.length
    if (isCut && !response.headers.has('content-encoding'))
      throw new Error('the answer is shorter than its declared length')
    return { status: response.status, headers: response.headers, bytes }
  } finally {
    clearTimeout(timer)
  }
}

function joinParts(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
