import type { Session } from '@forge/writer-storage-duckdb/engine'
import type { AddFile } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import type { LeasedFile } from '../store/engine-files.ts'
import type { ObjectStore } from '../store/object-store.ts'

/** Keeps files for the engine until the session closes. */
export async function leaseFiles(
  { engine }: ObjectStore,
  session: Session,
  files: readonly LeasedFile[],
): Promise<void> {
  if (engine.lease === undefined) return
  const lease = await engine.lease(files)
  session.onClose(() => lease[Symbol.dispose]())
}

/** Returns a data file as it is leased. */
export function leasedFile({ path, size }: Pick<AddFile, 'path' | 'size'>): LeasedFile {
  return { path: decodePath(path), sizeBytes: size }
}
