import type { AddFile } from '../actions/actions.ts'
import type { TableCore } from '../table/table-core.ts'
import { type FileQuery, neededFiles } from './needed-files.ts'

/** The files that a read would use: those that partition and statistics do not rule out. */
export interface DeltaReadPlan {
  readonly version: number
  readonly files: number
  /** The total size of these files. A read takes only the columns and row groups that it needs. */
  readonly sizeBytes: number
  readonly totalFiles: number
  readonly totalSizeBytes: number
}

export async function readPlan(core: TableCore, query: FileQuery = {}): Promise<DeltaReadPlan> {
  const snapshot = await core.latest()
  const all = snapshot ? [...snapshot.state().files.values()] : []
  const files = snapshot && core.settings.fileSkipping ? neededFiles(snapshot, query) : all
  return {
    version: snapshot?.version ?? -1,
    files: files.length,
    sizeBytes: bytesOf(files),
    totalFiles: all.length,
    totalSizeBytes: bytesOf(all),
  }
}

function bytesOf(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}
