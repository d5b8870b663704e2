import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import { assertLocalPath } from './local-path.ts'
import type { StorageBackend } from './storage-backend.ts'

/** The options of a storage that is opened by its address. */
export interface StorageAtOptions {
  /** The number of engine threads. Default that of the storage. */
  readonly threads?: number | undefined
  /** The share of the process's memory limit that the engine may use, 0.05-0.95. Default that of the storage. */
  readonly memoryFraction?: number | undefined
}

/** A package that opens the storages of a scheme. */
export interface StorageOpener {
  /** Creates the storage at an address. Throws WriterConfigurationError, without repeating the address, if it is not valid. */
  storageAt(address: string, options?: StorageAtOptions): StorageBackend
}

/** Functions that import the packages that open addresses, by the scheme, such as `s3`. Each is called when it is needed. */
export type StorageOpeners = Readonly<Record<string, () => Promise<StorageOpener>>>

/** Returns the scheme of an address such as `s3://bucket/prefix`, in lower case; undefined for a path of the file system. */
export function addressScheme(path: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):\/\//i.exec(path)?.[1]?.toLowerCase()
}

/** Returns an address without its password, for messages and output; a path is returned as it is. */
export function maskedAddress(path: string): string {
  if (addressScheme(path) === undefined) return path
  return path
    .replace(/^([a-z][a-z0-9+.-]+:\/\/[^/?#@:]*):[^/?#]*@/i, '$1:***@')
    .replace(/([?&](?:password|sslpassword)=)[^&#]*/gi, '$1***')
}

/**
 * Opens the storage at an address. Throws WriterConfigurationError, without repeating the address, for a scheme that no storage serves.
 *
 * @example
 * const storage = await openStorageAt('s3://company-logs/pipelines', { s3: importS3 })
 */
export async function openStorageAt(
  address: string,
  openers: StorageOpeners,
  options: StorageAtOptions = {},
): Promise<StorageBackend> {
  assertOptions('openStorageAt', options, {
    threads: option.whole({ min: 1 }),
    memoryFraction: option.number({ min: 0.05, max: 0.95 }),
  })
  const scheme = addressScheme(address) ?? ''
  const open = Object.hasOwn(openers, scheme) ? openers[scheme] : undefined
  if (open) return (await open()).storageAt(address, options)
  assertLocalPath(address)
  throw new TypeError('a path of the file system is not an address')
}
