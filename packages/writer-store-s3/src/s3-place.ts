import { WriterConfigurationError, WriterUnsupportedError } from '@forge/writer-core'

/** A bucket and the start of the keys in it. */
export interface S3Place {
  readonly bucket: string
  /** The prefix without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string
}

const BUCKET = /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]$/
const ADDRESS = /^s3[an]?:\/\/([^/]*)(?:\/(.*))?$/is

/**
 * Parses `s3://bucket/prefix`; `s3a:` and `s3n:` mean the same. Throws WriterConfigurationError, which does not repeat the address, as it may contain a
 * secret.
 */
export function parseS3Address(address: string, setting = 'path'): S3Place {
  const [, bucket, prefix = ''] = ADDRESS.exec(address) ?? []
  if (bucket === undefined) throw invalidPlace(setting, 'must be an address such as s3://bucket/prefix')
  return s3Place(bucket, prefix, setting)
}

/** Checks the parts of a place. Throws WriterConfigurationError. */
export function s3Place(bucket: string, prefix: string, setting = 'bucket'): S3Place {
  if (!BUCKET.test(bucket)) throw invalidPlace(setting, 'has no valid bucket name: 3 to 63 letters, digits, - and .')
  const trimmed = prefix.replace(/^\/+|\/+$/g, '')
  if (trimmed.split('/').some((part, at) => isUnreachable(part) && !(at === 0 && trimmed === ''))) {
    throw invalidPlace(setting, 'has a prefix with an empty part, or with the part . or ..')
  }
  return { bucket, prefix: trimmed }
}

function invalidPlace(setting: string, problem: string): WriterConfigurationError {
  return new WriterConfigurationError(`${setting} ${problem}`, {
    context: { problems: [{ setting, problem }], scheme: 's3' },
    suggestions: ['Write s3://bucket/prefix. Keys and regions are settings of their own.'],
    committed: 'no',
  })
}

/** Returns true for a part of a key that no address can express: clients resolve it before they send it. */
function isUnreachable(part: string): boolean {
  return part === '' || part === '.' || part === '..'
}

/** Returns the text form of a place or of an object. */
export function s3Location(bucket: string, ...parts: readonly string[]): string {
  return `s3://${[bucket, ...parts.filter((part) => part !== '')].join('/')}`
}

/**
 * Returns the key of a path of a table, which may be an absolute address of the same bucket in any spelling. Throws WriterUnsupportedError for an
 * address elsewhere.
 */
export function keyOf({ bucket, prefix }: S3Place, path: string): string {
  const [, named, key = ''] = ADDRESS.exec(path) ?? []
  if (named === undefined) {
    const scheme = /^([a-z][a-z0-9+.-]+):\//i.exec(path)?.[1] ?? (path.startsWith('/') ? 'file' : undefined)
    if (scheme !== undefined) throw foreignPath(`${scheme}: paths`)
    return assertReachable(prefix === '' ? path : `${prefix}/${path}`)
  }
  if (named !== bucket) throw foreignPath('paths in other buckets')
  return assertReachable(key)
}

function assertReachable(key: string): string {
  if (key.split('/').some((part) => part === '.' || part === '..')) throw foreignPath('paths with the part . or ..')
  return key
}

function foreignPath(feature: string): WriterUnsupportedError {
  return new WriterUnsupportedError(`a table in S3 refers to files elsewhere: ${feature}`, {
    context: { feature },
    suggestions: ['Copy the files into the folder of the table with the engine that wrote it.'],
  })
}
