import type { StorageBackend } from '@forge/writer-core'

export interface BackendOptions {
  readonly path: string
  readonly readOnly: boolean
  readonly lockTimeoutMs: number
}

/** Every kind of storage, loaded when it is asked for. */
export const BACKENDS: Readonly<Record<StorageKind, (options: BackendOptions) => Promise<StorageBackend>>> = {
  duckdb: async (options) => (await import('@forge/writer-storage-duckdb')).duckdbStorage(options),
  delta: async (options) => (await import('@forge/writer-storage-delta')).deltaStorage(options),
}

export type StorageKind = 'duckdb' | 'delta'
