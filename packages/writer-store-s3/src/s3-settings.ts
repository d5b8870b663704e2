import { WriterConfigurationError } from '@forge/writer-core'
import {
  type CredentialSource,
  credentialSource,
  type S3CredentialProvider,
  type S3Credentials,
} from './s3-credentials.ts'

/** The options of the connection to an object store. */
export interface S3ConnectionOptions {
  /** The region of the bucket. Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, otherwise `us-east-1`; a bucket that is elsewhere is found. */
  readonly region?: string | undefined
  /** The address of an S3-compatible service. Default: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, otherwise AWS. */
  readonly endpoint?: string | undefined
  /** Puts the bucket into the path instead of the host name. Default: true if there is an endpoint. */
  readonly pathStyle?: boolean | undefined
  /** Keys, or a function that returns them, such as a provider of the AWS SDK. Default: the environment, then the chain of the AWS SDK. */
  readonly credentials?: S3Credentials | S3CredentialProvider | undefined
  /** The time in milliseconds without an answer, or without further bytes of it, after which a request is repeated. Default 10,000. */
  readonly timeoutMs?: number | undefined
  /** The time in milliseconds after which a request is no longer repeated. Default 30,000. */
  readonly retryMs?: number | undefined
}

/** The settings of a connection, complete. */
export interface S3Settings {
  readonly bucket: string
  readonly region: string
  readonly endpoint: URL | undefined
  readonly isPathStyle: boolean
  readonly credentials: CredentialSource
  readonly timeoutMs: number
  readonly retryMs: number
}

/** Completes the options by the environment. Throws WriterConfigurationError for an address that is not a valid endpoint, without repeating it. */
export function s3Settings(
  bucket: string,
  options: S3ConnectionOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): S3Settings {
  const address = options.endpoint ?? (env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined)
  const endpoint = address === undefined ? undefined : parseEndpoint(address)
  return {
    bucket,
    region: options.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1'),
    endpoint,
    // The certificate of AWS covers no name with a further dot.
    isPathStyle: options.pathStyle ?? (endpoint !== undefined || bucket.includes('.')),
    credentials: credentialSource(options.credentials, env),
    timeoutMs: options.timeoutMs ?? 10_000,
    retryMs: options.retryMs ?? 30_000,
  }
}

function parseEndpoint(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isPlain =
    url !== undefined && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (isPlain && /^https?:$/.test(url.protocol)) return url
  const problem = 'must be an http or https address without user, password and query'
  throw new WriterConfigurationError(`endpoint ${problem}`, {
    context: { problems: [{ setting: 'endpoint', problem }] },
    suggestions: ['Write an address such as https://s3.example.org. Pass keys as `credentials`.'],
    committed: 'no',
  })
}

/** Returns the address of a key, or of the bucket if the key is empty. */
export function addressOfKey({ bucket, endpoint, isPathStyle }: S3Settings, region: string, key: string): URL {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const base = endpoint ?? new URL(`https://s3.${region}.${suffix}`)
  const host = isPathStyle ? base.host : `${bucket}.${base.host}`
  const folder = base.pathname.replace(/\/+$/, '') + (isPathStyle ? `/${bucket}` : '')
  return new URL(`${base.protocol}//${host}${folder}/${key.split('/').map(encodePart).join('/')}`)
}

/** Encodes a part of a key as signatures need it. */
function encodePart(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
