import type { StorageBackend, WriterConfig } from '@forge/writer-core'
import { addressScheme } from '@forge/writer-core/addresses'
import { STORAGE_PACKAGES } from './addresses.ts'

export interface BackendOptions {
  /** A kind of storage of this project, or the name of a package that opens the address. */
  readonly storage: string
  readonly path: string
  readonly readOnly: boolean
  readonly config: WriterConfig
  /** The folder from which packages are found. */
  readonly cwd: string
}

/** The kinds of storage of this project. */
export const STORAGE_KINDS = ['duckdb', 'delta', 'postgres', 'spark'] as const
export type StorageKind = (typeof STORAGE_KINDS)[number]

/** Returns true for a kind of storage of this project. */
export function isStorageKind(value: unknown): value is StorageKind {
  return STORAGE_KINDS.some((kind) => kind === value)
}

/** Opens a storage. Only its own package is loaded. */
export async function openBackend({ storage, path, readOnly, config, cwd }: BackendOptions): Promise<StorageBackend> {
  const { lockTimeoutMs, memoryFraction, parallelWriteThreads: threads } = config
  if (addressScheme(path) !== undefined) {
    const options = { readOnly, lockTimeoutMs, memoryFraction, threads }
    if (isStorageKind(storage)) {
      return (await import('@forge/writer-core')).openStorageAt(path, STORAGE_PACKAGES, options)
    }
    const { importPackage } = await import('./import-package.ts')
    return (await importPackage(storage, cwd)).storageAt(path, options)
  }
  if (storage === 'delta') {
    const { deltaStorage } = await import('@forge/writer-storage-delta')
    return deltaStorage({ path, threads, memoryFraction })
  }
  const { duckdbStorage } = await import('@forge/writer-storage-duckdb')
  return duckdbStorage({ path, readOnly, lockTimeoutMs, memoryFraction, threads })
}

/** Loads the package of a kind of storage, so that it opens faster later. */
export async function preloadBackend(storage: string): Promise<void> {
  switch (storage) {
    case 'duckdb':
      await import('@forge/writer-storage-duckdb')
      break
    case 'delta':
      await import('@forge/writer-storage-delta')
      break
    case 'postgres':
      await import('@forge/writer-storage-postgres')
      break
    case 'spark':
      // It is installed by those who need it; opening reports if it is missing.
      await import('@forge/writer-storage-spark').catch(() => undefined)
  }
}
