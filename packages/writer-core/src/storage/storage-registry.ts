import { assertNoProblems } from '../options/assert-options.ts'
import { addressScheme, ownScheme } from './address-schemes.ts'
import type { StorageBackend } from './storage-backend.ts'

/** The options of a storage that is opened by its address. A storage has no use for a setting of something that it does not have. */
export interface StorageAtOptions {
  /** The number of engine threads. Default that of the storage. */
  readonly threads?: number | undefined
  /** The share of the process's memory limit that the engine may use, 0.05-0.95. Default that of the storage. */
  readonly memoryFraction?: number | undefined
  /** Rejects every write, if the storage can be opened so. Default false. */
  readonly readOnly?: boolean | undefined
  /** Maximum wait for a lock that another writer holds, in milliseconds. Default that of the storage. */
  readonly lockTimeoutMs?: number | undefined
}

/** A package that opens the storages of a scheme. */
export interface StorageOpener {
  /** Creates the storage at an address. Throws WriterConfigurationError, without repeating the address, if it is not valid. */
  storageAt(address: string, options?: StorageAtOptions): StorageBackend | Promise<StorageBackend>
}

/** Loads the package that opens the addresses of a scheme. */
export type LoadStorage = () => Promise<StorageOpener>

const registered = new Map<string, LoadStorage>()

/**
 * Lets addresses of a scheme be opened by `createWriter` and `openStorageAt` of this process. The function is called when an address is opened, so that
 * the package is loaded only if it is needed. Of several functions for one scheme the last one counts. Throws WriterConfigurationError for a scheme that
 * is not valid.
 *
 * @example
 * registerStorage('acme', () => import('acme-storage'))
 * const writer = await createWriter({ path: 'acme://host/log', tableSchema: 'analytics', tableName: 'pipeline_logs' })
 */
export function registerStorage(scheme: string, load: LoadStorage): void {
  const isScheme = typeof scheme === 'string' && addressScheme(`${scheme}://`) === scheme && scheme !== 'file'
  assertNoProblems(
    'registerStorage',
    [
      !isScheme && { setting: 'scheme', problem: 'must be the lower-case start of an address' },
      typeof load !== 'function' && { setting: 'load', problem: 'must be a function' },
    ],
    ["Call registerStorage('acme', () => import('acme-storage'))."],
  )
  registered.set(scheme, load)
}

/** Returns how addresses of a scheme are opened; undefined for a scheme that nobody serves. A registered function comes first. */
export function storageScheme(
  scheme: string,
): { readonly packageName?: string | undefined; readonly load?: LoadStorage | undefined } | undefined {
  const load = registered.get(scheme)
  return load ? { load } : ownScheme(scheme)
}
