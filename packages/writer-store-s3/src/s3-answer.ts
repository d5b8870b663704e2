/** An answer of an object store, whole. */
export interface S3Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The code of an error answer, such as `NoSuchKey`; undefined if the answer has none. */
export function errorCodeOf({ status, bytes }: S3Answer): string | undefined {
  if (status < 300 || bytes.length === 0) return undefined
  // The rest of the text may repeat keys and the request.
  return /<Code>([A-Za-z0-9.]{1,100})<\/Code>/.exec(new TextDecoder().decode(bytes.subarray(0, 10_000)))?.[1]
}

/** Returns the region in which an answer says that the bucket is; undefined if it says nothing. */
export function regionOf(answer: S3Answer): string | undefined {
  const named = answer.headers.get('x-amz-bucket-region')
  if (named) return named
  return /<Region>([a-z0-9-]{1,64})<\/Region>/.exec(new TextDecoder().decode(answer.bytes.subarray(0, 10_000)))?.[1]
}

/** The action that an answer asks of the client. */
export type AnswerKind =
  /** The answer is the result. */
  | 'final'
  /** The store is busy; nothing was done. */
  | 'busy'
  /** The store failed; the request may have been carried out. */
  | 'failed'
  /** The credentials have expired. */
  | 'expired'
  /** The clock of this machine is wrong. */
  | 'skewed'
  /** The bucket is in another region, or at another address. */
  | 'elsewhere'

const KINDS: Readonly<Record<string, AnswerKind>> = {
  ConditionalRequestConflict: 'busy',
  OperationAborted: 'busy',
  SlowDown: 'busy',
  SlowDownRead: 'busy',
  SlowDownWrite: 'busy',
  TooManyRequests: 'busy',
  RequestTimeout: 'busy',
  ServiceUnavailable: 'busy',
  InternalError: 'failed',
  ExpiredToken: 'expired',
  ExpiredTokenException: 'expired',
  TokenRefreshRequired: 'expired',
  RequestTimeTooSkewed: 'skewed',
  PermanentRedirect: 'elsewhere',
  TemporaryRedirect: 'elsewhere',
  AuthorizationHeaderMalformed: 'elsewhere',
  IllegalLocationConstraintException: 'elsewhere',
}

/** The statuses of redirects. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308])

/** Classifies an answer by its code, otherwise by its status: the answers to HEAD have no text. */
export function answerKind(answer: S3Answer, method: string): AnswerKind {
  const { status, headers } = answer
  if (status < 300) return 'final'
  const code = errorCodeOf(answer)
  const kind = code === undefined ? undefined : KINDS[code]
  if (kind !== undefined) return kind
  if (code === undefined && (REDIRECTS.has(status) || (status === 400 && headers.has('x-amz-bucket-region'))))
    return 'elsewhere'
  if (status === 429 || status === 503) return 'busy'
  if (status === 409 && code === undefined) return 'busy'
  if (status >= 500 && status !== 501) return 'failed'
  if (method === 'HEAD' && (status === 403 || status === 400)) return 'expired'
  return 'final'
}
