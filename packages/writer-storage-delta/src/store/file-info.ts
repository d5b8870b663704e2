import { stat } from 'node:fs/promises'
import type { ObjectInfo } from './object-info.ts'

/** Returns the facts about a file as those of the object `path`. */
export async function fileInfo(file: string, path: string): Promise<ObjectInfo> {
  const { size, mtimeMs } = await stat(file)
  return { path, sizeBytes: size, modifiedMs: Math.floor(mtimeMs) }
}
