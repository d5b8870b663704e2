import type { StorageBackend, WriterConfig } from '@forge/writer-core'
import { addressScheme } from '@forge/writer-core/addresses'
import { openBackend } from './backends.ts'
import { entryAt } from './entry-at.ts'

/** The settings that name a storage. */
export interface StorageSettings {
  readonly storage: string
  readonly path: string
  readonly config: WriterConfig
  readonly cwd: string
}

/**
 * Opens the configured storage; without `write` it is opened read-only.
 * Throws WriterTableError if nothing exists at the path and `mayBeMissing` is false, or if the path belongs to another kind of storage;
 * {@link UnreachablePathError} if a folder of the path may not be entered.
 */
export async function openStorage(
  settings: StorageSettings,
  { write, mayBeMissing }: { readonly write: boolean; readonly mayBeMissing: boolean },
): Promise<StorageBackend> {
  const { storage, path } = settings
  const options = { ...settings, readOnly: !write }
  // What is at an address is known only when it is asked; a missing table is an error then.
  if (addressScheme(path) !== undefined) return openBackend(options)
  if (!mayBeMissing && !entryAt(path) && !entryAt(`${path}.wal`)) {
    const { WriterTableError } = await import('@forge/writer-core')
    throw new WriterTableError(`no log found at ${path}`, {
      context: { storage, path },
      suggestions: ['Pass another path with --path, or record something first: forge-writer ingest FILE.'],
    })
  }
  await checkKind(storage, path)
  return openBackend(options)
}

/** Throws if the path is a folder for DuckDB storage, which expects a file, or a file for Delta storage, which expects a folder. */
async function checkKind(storage: string, path: string): Promise<void> {
  const found = entryAt(path)
  if (!found || found.isDirectory() === (storage === 'delta')) return
  const [is, other, expected] = found.isDirectory() ? ['directory', 'delta', 'file'] : ['file', 'duckdb', 'directory']
  const { WriterTableError } = await import('@forge/writer-core')
  throw new WriterTableError(`${path} is a ${is}, but ${storage} storage expects a ${expected}`, {
    context: { storage, path },
    suggestions: [`Pass another path with --path, or add --storage ${other}.`],
  })
}
