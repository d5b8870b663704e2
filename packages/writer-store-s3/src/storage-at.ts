import type { StorageAtOptions } from '@forge/writer-core'
import { assertOptions, STORAGE_AT_CHECKS } from '@forge/writer-core/storage'
import { type DeltaStorage, deltaStorage } from '@forge/writer-storage-delta'
import { s3StoresAt } from './s3-stores.ts'

/**
 * Creates the storage of the Delta tables at `s3://bucket/prefix`. Region, endpoint and credentials come from the environment. Throws
 * WriterConfigurationError, without repeating the address, if it is not valid.
 */
export function storageAt(address: string, options: StorageAtOptions = {}): DeltaStorage {
  assertOptions('storageAt', options, STORAGE_AT_CHECKS)
  // Tables in an object store need no lock, and reading them changes nothing.
  const { threads, memoryFraction } = options
  return deltaStorage({ stores: s3StoresAt(address), threads, memoryFraction })
}
