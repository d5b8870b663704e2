import { existsSync } from 'node:fs'
import type { StorageBackend } from '@forge/writer-core'
import type { Settings } from '../config/settings.ts'
import { BACKENDS } from './backends.ts'

/**
 * Opens the storage that the settings name; for reading it is opened read-only.
 * Throws WriterTableError where there is nothing at the path and `mayBeMissing` is false.
 */
export async function openStorage(
  { storage, path, config }: Pick<Settings, 'storage' | 'path' | 'config'>,
  { write, mayBeMissing }: { readonly write: boolean; readonly mayBeMissing: boolean },
): Promise<StorageBackend> {
  if (!mayBeMissing && !existsSync(path)) {
    const { WriterTableError } = await import('@forge/writer-core')
    throw new WriterTableError(`there is no log at ${path}`, {
      context: { storage, path },
      suggestions: ['Name another one with --path, or record something first: forge-writer ingest FILE.'],
    })
  }
  return BACKENDS[storage]({ path, readOnly: !write, config })
}
