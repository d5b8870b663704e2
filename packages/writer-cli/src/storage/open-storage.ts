import type { StorageBackend } from '@forge/writer-core'
import type { Settings } from '../config/settings.ts'
import { BACKENDS, type StorageKind } from './backends.ts'
import { entryAt } from './entry-at.ts'

/**
 * Opens the storage that the settings name; for reading it is opened read-only.
 * Throws WriterTableError when there is nothing at the path and `mayBeMissing` is false, or what is there belongs to another kind of storage;
 * {@link UnreachablePathError} when the path leads through a folder that may not be entered.
 */
export async function openStorage(
  { storage, path, config }: Pick<Settings, 'storage' | 'path' | 'config'>,
  { write, mayBeMissing }: { readonly write: boolean; readonly mayBeMissing: boolean },
): Promise<StorageBackend> {
  if (!mayBeMissing && !entryAt(path) && !entryAt(`${path}.wal`)) {
    const { WriterTableError } = await import('@forge/writer-core')
    throw new WriterTableError(`there is no log at ${path}`, {
      context: { storage, path },
      suggestions: ['Name another one with --path, or record something first: forge-writer ingest FILE.'],
    })
  }
  await checkKind(storage, path)
  return BACKENDS[storage]({ path, readOnly: !write, config })
}

/** A DuckDB log is a file, one of Delta tables a folder. */
async function checkKind(storage: StorageKind, path: string): Promise<void> {
  const found = entryAt(path)
  if (!found || found.isDirectory() === (storage === 'delta')) return
  const [is, other] = found.isDirectory() ? ['folder', 'delta'] : ['file', 'duckdb']
  const { WriterTableError } = await import('@forge/writer-core')
  throw new WriterTableError(`${path} is a ${is}, and so no log of ${storage} storage`, {
    context: { storage, path },
    suggestions: [`Name another one with --path, or add --storage ${other}.`],
  })
}
