import type { StorageBackend, WriterConfig } from '@forge/writer-core'
import { isAddress, STORAGE_OPENERS } from './addresses.ts'

export interface BackendOptions {
  readonly path: string
  readonly readOnly: boolean
  readonly config: WriterConfig
}

/** All kinds of storage. Each one is loaded when it is used. */
export const BACKENDS: Readonly<Record<StorageKind, (options: BackendOptions) => Promise<StorageBackend>>> = {
  async duckdb({ path, readOnly, config }) {
    const { duckdbStorage } = await import('@forge/writer-storage-duckdb')
    const { lockTimeoutMs, memoryFraction, parallelWriteThreads: threads } = config
    return duckdbStorage({ path, readOnly, lockTimeoutMs, memoryFraction, threads })
  },
  async delta({ path, config }) {
    const options = { threads: config.parallelWriteThreads, memoryFraction: config.memoryFraction }
    if (isAddress(path)) return (await import('@forge/writer-core')).openStorageAt(path, STORAGE_OPENERS, options)
    const { deltaStorage } = await import('@forge/writer-storage-delta')
    return deltaStorage({ path, ...options })
  },
  async postgres({ path, readOnly, config: { lockTimeoutMs } }) {
    const { postgresStorage } = await import('@forge/writer-storage-postgres')
    return postgresStorage({ url: path, readOnly, lockTimeoutMs })
  },
}

export type StorageKind = 'duckdb' | 'delta' | 'postgres'

/** Loads the package of a kind of storage, so that it opens faster later. */
export async function preloadBackend(kind: StorageKind): Promise<void> {
  switch (kind) {
    case 'duckdb':
      await import('@forge/writer-storage-duckdb')
      break
    case 'delta':
      await import('@forge/writer-storage-delta')
      break
    case 'postgres':
      await import('@forge/writer-storage-postgres')
  }
}
