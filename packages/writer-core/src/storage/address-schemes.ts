/** A scheme of addresses of this project: the kind of storage that they name, and the package that opens them. */
export interface OwnScheme {
  /** The name of the storage, such as `delta`. */
  readonly kind: 'delta' | 'postgres' | 'spark'
  readonly packageName: string
}

const S3: OwnScheme = { kind: 'delta', packageName: '@forge/writer-store-s3' }
const POSTGRES: OwnScheme = { kind: 'postgres', packageName: '@forge/writer-storage-postgres' }
const SPARK: OwnScheme = { kind: 'spark', packageName: '@forge/writer-storage-spark' }
const OWN_SCHEMES: ReadonlyMap<string, OwnScheme> = new Map(
  Object.entries({ s3: S3, s3a: S3, postgres: POSTGRES, postgresql: POSTGRES, sc: SPARK }),
)

/** Returns the scheme of an address such as `s3://bucket/prefix`, in lower case; undefined for a path of the file system. */
export function addressScheme(path: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):\/\//i.exec(path)?.[1]?.toLowerCase()
}

/** Returns what a package of this project serves at the addresses of a scheme; undefined for the schemes of others. */
export function ownScheme(scheme: string): OwnScheme | undefined {
  return OWN_SCHEMES.get(scheme)
}

/** Returns the kind of the storage at an address of this project's schemes, such as `delta` for `s3://bucket/prefix`; undefined for all else. */
export function addressKind(path: string): OwnScheme['kind'] | undefined {
  return ownScheme(addressScheme(path) ?? '')?.kind
}

/** Returns an address without its password, token and headers, for messages and output; a path is returned as it is. */
export function maskedAddress(path: string): string {
  if (addressScheme(path) === undefined) return path
  return path
    .replace(/^([a-z][a-z0-9+.-]+:\/\/[^/?#@:]*):[^/?#]*@/i, '$1:***@')
    .replace(/([?&](?:password|sslpassword)=)[^&#]*/gi, '$1***')
    .replace(/(;(?:token|x-[a-z0-9_.-]+)=)[^;]*/gi, '$1***')
}
