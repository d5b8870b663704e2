import { assertOptions, type OptionChecks, option } from '@forge/writer-core/storage'
import { type CacheOptions, cachedStore, fileCache, type ObjectStores } from '@forge/writer-storage-delta/stores'
import { conditionalCheck } from './conditional-check.ts'
import { s3Client } from './s3-client.ts'
import { listPages } from './s3-list.ts'
import { s3Objects } from './s3-objects.ts'
import { parseS3Address, s3Location, s3Place } from './s3-place.ts'
import { type S3ConnectionOptions, s3Settings } from './s3-settings.ts'

/** The options of {@link s3Stores}. */
export interface S3StoresOptions extends S3ConnectionOptions {
  /** The name of the bucket, which must exist. */
  readonly bucket: string
  /** The start of all keys. Default: the whole bucket. */
  readonly prefix?: string | undefined
  /** The local copies of files. Default: at most 2 GiB in the system's temporary folder. */
  readonly cache?: CacheOptions | undefined
  /** Allows stores that do not honour `If-None-Match`. Safe only if a single process ever writes. Default false. */
  readonly unsafeSingleWriter?: boolean | undefined
}

/**
 * Creates the stores of Delta tables in a bucket, for `deltaStorage({ stores })`. Sends no request yet. Throws WriterConfigurationError that lists
 * invalid options.
 * @example
 * const storage = deltaStorage({ stores: s3Stores({ bucket: 'company-logs', prefix: 'pipelines' }) })
 */
export function s3Stores(options: S3StoresOptions): ObjectStores {
  assertOptions('s3Stores', options, OPTIONS)
  const place = s3Place(options.bucket, options.prefix ?? '')
  const client = s3Client(s3Settings(place.bucket, options))
  const cache = fileCache(options.cache)
  const conditional = conditionalCheck(client, place, options.unsafeSingleWriter ?? false)
  const below = (path: string) => [place.prefix, path].filter((part) => part !== '').join('/')
  return {
    location: s3Location(place.bucket, place.prefix),
    open: (path) => cachedStore(s3Objects(client, { ...place, prefix: below(path) }, conditional), cache),
    async folders(path) {
      const prefix = below(path) === '' ? '' : `${below(path)}/`
      const found: string[] = []
      for await (const { folders } of listPages(client, { prefix, isFlat: true })) found.push(...folders)
      return found.map((folder) => folder.slice(prefix.length, -1)).sort()
    },
    async hasFolder(path) {
      const pages = listPages(client, { prefix: below(path).replace(/\/*$/, '/'), maxKeys: 1 })
      const { value } = await pages.next()
      await pages.return(undefined)
      return value !== undefined && value.objects.length > 0
    },
    close: () => cache.close(),
  }
}

/** Creates the stores at an address such as `s3://bucket/prefix`; the environment gives region, endpoint and credentials. */
export function s3StoresAt(address: string, options: Omit<S3StoresOptions, 'bucket' | 'prefix'> = {}): ObjectStores {
  const { bucket: _bucket, prefix: _prefix, ...checks } = OPTIONS
  assertOptions('s3StoresAt', options, checks)
  return s3Stores({ ...options, ...parseS3Address(address) })
}

const OPTIONS: OptionChecks<S3StoresOptions> = {
  bucket: option.required(option.text),
  prefix: option.any,
  region: option.text,
  endpoint: option.text,
  pathStyle: option.flag,
  credentials: option.any,
  timeoutMs: option.whole({ min: 1 }),
  retryMs: option.whole({ min: 0 }),
  cache: option.object,
  unsafeSingleWriter: option.flag,
}
