import { WriterConfigurationError } from '../errors/kinds.ts'
import { assertOptions, optionError } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import { addressScheme } from './address-schemes.ts'
import { assertLocalPath } from './local-path.ts'
import type { StorageBackend } from './storage-backend.ts'
import { type LoadStorage, type StorageAtOptions, type StorageOpener, storageScheme } from './storage-registry.ts'

/** The checks of the options of a storage that is opened by its address. */
export const STORAGE_AT_CHECKS = {
  threads: option.whole({ min: 1 }),
  memoryFraction: option.number({ min: 0.05, max: 0.95 }),
  readOnly: option.flag,
  lockTimeoutMs: option.number({ min: 0 }),
}

/** Functions that import the packages of this project that the caller depends on, by their names. Each is called when it is needed. */
export type StoragePackages = Readonly<Record<string, LoadStorage>>

/**
 * Opens the storage at an address. Throws WriterConfigurationError, without repeating the address, for a path of the file system, and
 * for a scheme that no storage serves.
 *
 * @example
 * registerStorage('acme', () => import('acme-storage'))
 * const storage = await openStorageAt('acme://host/log')
 */
export async function openStorageAt(
  address: string,
  packages: StoragePackages = {},
  options: StorageAtOptions = {},
): Promise<StorageBackend> {
  assertOptions('openStorageAt', options, STORAGE_AT_CHECKS)
  const opener = await openerOf(address, packages)
  return opener.storageAt(address, options)
}

async function openerOf(address: string, packages: StoragePackages): Promise<StorageOpener> {
  const scheme = addressScheme(address)
  const found = scheme === undefined ? undefined : storageScheme(scheme)
  if (found === undefined) {
    assertLocalPath(address)
    throw optionError(
      'openStorageAt',
      [{ setting: 'address', problem: 'is a path of the file system' }],
      ['Create the storage of a path by its own function, such as duckdbStorage({ path }).'],
    )
  }
  if (found.load) return found.load()
  const { packageName = '' } = found
  const load = Object.hasOwn(packages, packageName) ? packages[packageName] : undefined
  const suggestion = `Install ${packageName}${load ? '' : ', and call registerStorage with a function that imports it'}.`
  const missing = new WriterConfigurationError(`addresses with the scheme ${scheme} need the package ${packageName}`, {
    context: { scheme, packageName },
    suggestions: [suggestion],
    committed: 'no',
  })
  if (!load) throw missing
  try {
    return await load()
  } catch (error) {
    throw isNotInstalled(error, packageName) ? missing : error
  }
}

/** Returns true if an import failed as the package itself is missing, not a module that it needs. */
function isNotInstalled(error: unknown, packageName: string): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return code === 'ERR_MODULE_NOT_FOUND' && String(message).includes(`'${packageName}'`)
}
